"""Dispatch: hand queued messages to the provider, one in flight per contact, many in parallel.

claim.py -> send.py -> plan.py -> record.py, driven by drain.py; callbacks.py merges what the
provider says later.
"""
