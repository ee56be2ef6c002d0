"""Progress: how far one inbound message has come, for whoever waits for the answer."""

import uuid
from typing import Any

from sqlalchemy import Connection, Row, select

from pipeline.enums import Direction
from pipeline.records.core import messages
from pipeline.records.core.inbox import Entry
from pipeline.records.core.messages import Message


def of_inbound(connection: Connection, provider: str, provider_id: str) -> Row[str, int, str]:
    """`status`, `attempts` and `error` of the inbox entry with this id; it must be there."""
    query = select(Entry.status, Entry.attempts, Entry.error).where(
        Entry.provider_id == provider_id, Entry.provider == provider
    )
    return connection.execute(query).one()


def said_after(connection: Connection, contact_id: uuid.UUID, after: int) -> list[Row[Any]]:
    """What was said to a contact later than `after` (the last `id` seen), oldest first."""
    query = (
        select(messages.TABLE)
        .where(
            Message.contact_id == contact_id,
            Message.id > after,
            Message.direction == Direction.OUTBOUND,
        )
        .order_by(Message.id)
    )
    return list(connection.execute(query))
