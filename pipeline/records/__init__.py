"""One file per noun: its table and every query on it. Importing this registers every table."""

from pipeline.records.accounts import audit, canned_replies, invitations, sign_ins, tokens, users
from pipeline.records.base import Record
from pipeline.records.core import (
    addresses,
    aliases,
    contacts,
    conversations,
    inbox,
    lanes,
    messages,
    senders,
    status_callbacks,
    timers,
    transitions,
)
from pipeline.records.stats import tallies, workers

__all__ = [
    "Record",
    "addresses",
    "aliases",
    "audit",
    "canned_replies",
    "contacts",
    "conversations",
    "inbox",
    "invitations",
    "lanes",
    "messages",
    "senders",
    "sign_ins",
    "status_callbacks",
    "tallies",
    "timers",
    "tokens",
    "transitions",
    "users",
    "workers",
]
