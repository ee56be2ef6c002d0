"""Runs one turn: calls the author's functions and collects the outcome."""
