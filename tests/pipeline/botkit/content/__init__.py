"""Mirrors pipeline/botkit/content/."""
