"""Identifiers that sort by time and cannot be guessed (RFC 9562, UUID version 7)."""

import secrets
import time
import uuid


def new_id() -> uuid.UUID:
    """A new UUIDv7: 48 bits of Unix milliseconds, then 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    entropy = secrets.randbits(74)
    high = (milliseconds << 16) | 0x7000 | (entropy >> 62)
    low = (0b10 << 62) | (entropy & ((1 << 62) - 1))
    return uuid.UUID(int=(high << 64) | low)
