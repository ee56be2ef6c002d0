"""Mirrors pipeline/botkit/engine/."""
