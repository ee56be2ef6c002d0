"""Mirrors pipeline/botkit/inputs/."""
