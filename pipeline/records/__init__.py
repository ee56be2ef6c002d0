"""One file per noun: its table and every query on it. Importing this registers every table."""

from pipeline.records import (
    audit,
    canned_replies,
    contacts,
    conversations,
    inbox,
    invitations,
    lanes,
    messages,
    receipts,
    senders,
    sign_ins,
    tallies,
    timers,
    tokens,
    transitions,
    users,
    workers,
)
from pipeline.records.base import Record

__all__ = [
    "Record",
    "audit",
    "canned_replies",
    "contacts",
    "conversations",
    "inbox",
    "invitations",
    "lanes",
    "messages",
    "receipts",
    "senders",
    "sign_ins",
    "tallies",
    "timers",
    "tokens",
    "transitions",
    "users",
    "workers",
]
