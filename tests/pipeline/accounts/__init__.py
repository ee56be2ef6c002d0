"""Accounts, over a real database."""
