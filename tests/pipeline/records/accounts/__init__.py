"""Mirrors pipeline/records/accounts/."""
