"""Stacks for tests: an empty database and broker each, on the servers of this machine."""
