"""Rehearsals of the example bots."""
