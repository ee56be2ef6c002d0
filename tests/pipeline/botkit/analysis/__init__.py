"""Mirrors pipeline/botkit/analysis/."""
