"""Mirrors pipeline/botkit/testing/."""
