"""Converse: claim lanes, take the bot's turns with no transaction open, record them in one.

claim.py -> turns.py -> record.py, driven by drain.py; consent.py settles STOP, START and HELP.
Next: pipeline/dispatch hands the replies to the provider.
"""
