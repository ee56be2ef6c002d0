"""Progress: the status of one inbound message, for a client that waits for the reply."""

import uuid
from typing import NamedTuple

from sqlalchemy import Connection, select

from pipeline.enums import Direction, EntryStatus
from pipeline.records.base import fetch
from pipeline.records.core.inbox import Entry
from pipeline.records.core.messages import MESSAGES, Message, MessageRow


class EntryProgress(NamedTuple):
    """How far an inbox entry is: its status, attempts so far, and the last error."""

    status: EntryStatus
    attempts: int
    error: str


def of_inbound(connection: Connection, provider: str, provider_id: str) -> EntryProgress:
    """How far the inbox entry with this id is; it must be there."""
    query = select(Entry.status, Entry.attempts, Entry.error).where(
        Entry.provider_id == provider_id, Entry.provider == provider
    )
    return EntryProgress(*connection.execute(query).one())


def said_after(connection: Connection, contact_id: uuid.UUID, after: int) -> list[MessageRow]:
    """The messages to a contact after `after` (the last `id` seen), oldest first."""
    query = MESSAGES.where(
        Message.contact_id == contact_id,
        Message.id > after,
        Message.direction == Direction.OUTBOUND,
    )
    return fetch(connection, query.order_by(Message.id), MessageRow._make)
