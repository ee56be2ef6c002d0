"""Whoever carries the messages. base.py says what a provider does, registry.py which ones exist."""
