"""Mirrors pipeline/records/stats/."""
