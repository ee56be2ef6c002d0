"""Twilio: provider.py is the whole of it, rest.py carries the calls, codes.py says what failed."""
