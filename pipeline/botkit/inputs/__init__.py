"""Reads answers out of what a contact wrote: names, numbers, dates."""
