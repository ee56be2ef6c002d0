"""A provider that exists for the tests: JSON webhooks with an HMAC, and a post office in memory.

It shows that a folder and one line of the registry are enough.
"""
