"""Contacts, conversations, messages, and the queues between the processes."""
