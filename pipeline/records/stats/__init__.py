"""Counts and signs of life that pages and metrics show."""
