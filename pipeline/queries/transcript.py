"""The transcript: what was said and which states were passed, oldest first."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from pipeline.records.core import messages
from pipeline.records.core.messages import Message
from pipeline.records.core.transitions import Transition


def of_conversation(
    connection: Connection, conversation_id: uuid.UUID, after: int, limit: int
) -> Sequence[Row[Any]]:
    """The messages of one conversation, later than `after` (the last `id` seen)."""
    query = select(messages.TABLE).where(
        Message.conversation_id == conversation_id, Message.id > after
    )
    return connection.execute(query.order_by(Message.id).limit(limit)).all()


def of_contact(
    connection: Connection, contact_id: uuid.UUID, after: int, limit: int
) -> Sequence[Row[Any]]:
    """The messages of one contact across all conversations, later than `after`."""
    query = select(messages.TABLE).where(Message.contact_id == contact_id, Message.id > after)
    return connection.execute(query.order_by(Message.id).limit(limit)).all()


def latest(
    connection: Connection, conversation_id: uuid.UUID, before: int | None, limit: int
) -> Sequence[Row[Any]]:
    """The last messages of one conversation, or the last `before` one of them; oldest first."""
    query = select(messages.TABLE).where(Message.conversation_id == conversation_id)
    if before is not None:
        query = query.where(Message.id < before)
    return connection.execute(query.order_by(Message.id.desc()).limit(limit)).all()[::-1]


def latest_of_contact(
    connection: Connection, contact_id: uuid.UUID, before: int | None, limit: int
) -> Sequence[Row[Any]]:
    """The last messages of one contact across all conversations, or the last `before` one of them;
    oldest first.
    """
    query = select(messages.TABLE).where(Message.contact_id == contact_id)
    if before is not None:
        query = query.where(Message.id < before)
    return connection.execute(query.order_by(Message.id.desc()).limit(limit)).all()[::-1]


def transitions(
    connection: Connection, conversation_id: uuid.UUID, after: int, limit: int
) -> Sequence[Row[Any]]:
    """The changes of state of one conversation, later than `after`."""
    query = select(Transition.__table__).where(
        Transition.conversation_id == conversation_id, Transition.id > after
    )
    return connection.execute(query.order_by(Transition.id).limit(limit)).all()


def steps(connection: Connection, conversation_id: uuid.UUID, limit: int) -> Sequence[Row[Any]]:
    """The last changes of state of one conversation, oldest first."""
    query = select(Transition.__table__).where(Transition.conversation_id == conversation_id)
    return connection.execute(query.order_by(Transition.id.desc()).limit(limit)).all()[::-1]


def one(connection: Connection, public_id: uuid.UUID) -> Row[Any]:
    """The message that others know by this id; it must be there."""
    query = select(messages.TABLE).where(Message.public_id == public_id)
    return connection.execute(query).one()
