"""Changing the state of all conversations that a filter finds."""
