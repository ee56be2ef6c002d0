"""Conversations that go from one contact to another, when contacts are joined or split."""

import uuid
from collections.abc import Collection

from sqlalchemy import Connection, select, update

from pipeline.conversation import values
from pipeline.messages import Channel
from pipeline.records.base import among
from pipeline.records.core.conversations import Conversation, lock


def ids_of(connection: Connection, contact_ids: Collection[uuid.UUID]) -> list[uuid.UUID]:
    """Every conversation of these contacts, in id order."""
    query = select(Conversation.id).where(among(connection, Conversation.contact_id, contact_ids))
    return list(connection.execute(query.order_by(Conversation.id)).scalars())


def move(connection: Connection, from_id: uuid.UUID, to_id: uuid.UUID) -> int:
    """Give every conversation of a contact to another one; turns in flight are discarded.

    Raises IntegrityError where both have an open one on a channel and number.
    """
    moved = update(Conversation).where(Conversation.contact_id == from_id)
    version = Conversation.version + 1
    return connection.execute(moved.values(contact_id=to_id, version=version)).rowcount


def lock_from(
    connection: Connection, contact: values.Contact, names: Collection[tuple[Channel, str]]
) -> list[uuid.UUID]:
    """Lock the conversations of a contact that were last heard from these addresses."""
    query = select(Conversation.id, Conversation.channel, Conversation.address)
    rows = connection.execute(query.where(Conversation.contact_id == contact.id)).all()
    usual = contact.phone or contact.key
    ids = [
        row.id
        for row in rows
        if (row.channel, (row.address or usual).removeprefix(f"{row.channel}:")) in names
    ]
    lock(connection, ids)
    return ids


def give(connection: Connection, ids: Collection[uuid.UUID], contact_id: uuid.UUID) -> None:
    """Give these conversations to a contact; turns in flight are discarded."""
    moved = update(Conversation).where(among(connection, Conversation.id, ids))
    version = Conversation.version + 1
    connection.execute(moved.values(contact_id=contact_id, version=version))
