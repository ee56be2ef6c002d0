"""The transcript: what was said and which states were passed, oldest first."""

import uuid
from collections.abc import Sequence

from sqlalchemy import Connection

from pipeline.records.base import among, fetch
from pipeline.records.core.messages import MESSAGES, Message, MessageRow
from pipeline.records.core.transitions import TRANSITIONS, Transition, TransitionRow


def of_conversation(
    connection: Connection, conversation_id: uuid.UUID, after: int, limit: int
) -> Sequence[MessageRow]:
    """The messages of one conversation, later than `after` (the last `id` seen)."""
    query = MESSAGES.where(Message.conversation_id == conversation_id, Message.id > after)
    return fetch(connection, query.order_by(Message.id).limit(limit), MessageRow._make)


def of_contact(
    connection: Connection, contact_id: uuid.UUID, after: int, limit: int
) -> Sequence[MessageRow]:
    """The messages of one contact across all conversations, later than `after`."""
    query = MESSAGES.where(Message.contact_id == contact_id, Message.id > after)
    return fetch(connection, query.order_by(Message.id).limit(limit), MessageRow._make)


def latest(
    connection: Connection, conversation_id: uuid.UUID, before: int | None, limit: int
) -> Sequence[MessageRow]:
    """The last messages of one conversation, or the last `before` one of them; oldest first."""
    query = MESSAGES.where(Message.conversation_id == conversation_id)
    if before is not None:
        query = query.where(Message.id < before)
    return fetch(connection, query.order_by(Message.id.desc()).limit(limit), MessageRow._make)[::-1]


def latest_of_contact(
    connection: Connection, contact_id: uuid.UUID, before: int | None, limit: int
) -> Sequence[MessageRow]:
    """The last messages of one contact across all conversations, or the last `before` one of them;
    oldest first.
    """
    query = MESSAGES.where(Message.contact_id == contact_id)
    if before is not None:
        query = query.where(Message.id < before)
    return fetch(connection, query.order_by(Message.id.desc()).limit(limit), MessageRow._make)[::-1]


def quoted_by(connection: Connection, said: Sequence[MessageRow]) -> dict[str, MessageRow]:
    """The messages that some of these answer or react to, by the provider's ids."""
    ids = {str(row.content["reply_to"]) for row in said if row.content.get("reply_to")}
    if not ids:
        return {}
    query = MESSAGES.where(among(connection, Message.provider_id, ids))
    return {str(row.provider_id): row for row in fetch(connection, query, MessageRow._make)}


def transitions(
    connection: Connection, conversation_id: uuid.UUID, after: int, limit: int
) -> Sequence[TransitionRow]:
    """The changes of state of one conversation, later than `after`."""
    query = TRANSITIONS.where(Transition.conversation_id == conversation_id, Transition.id > after)
    return fetch(connection, query.order_by(Transition.id).limit(limit), TransitionRow._make)


def steps(
    connection: Connection, conversation_id: uuid.UUID, limit: int
) -> Sequence[TransitionRow]:
    """The last changes of state of one conversation, oldest first."""
    query = TRANSITIONS.where(Transition.conversation_id == conversation_id)
    return fetch(
        connection, query.order_by(Transition.id.desc()).limit(limit), TransitionRow._make
    )[::-1]


def one(connection: Connection, public_id: uuid.UUID) -> MessageRow:
    """The message that others know by this id; it must be there."""
    return MessageRow._make(
        connection.execute(MESSAGES.where(Message.public_id == public_id)).one()
    )
