"""Dispatch: hand queued messages to the provider, one in flight per contact, many in parallel.

claim.py -> send.py -> record.py, driven by drain.py; receipts.py merges status callbacks.
"""
