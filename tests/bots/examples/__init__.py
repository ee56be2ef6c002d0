"""Conversation tests of the example bots."""
