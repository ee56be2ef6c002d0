"""One file per noun: its table and every query on it. Importing this registers every table."""

from pipeline.records import (
    audit,
    contacts,
    conversations,
    inbox,
    lanes,
    messages,
    receipts,
    senders,
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
    "contacts",
    "conversations",
    "inbox",
    "lanes",
    "messages",
    "receipts",
    "senders",
    "timers",
    "tokens",
    "transitions",
    "users",
    "workers",
]
