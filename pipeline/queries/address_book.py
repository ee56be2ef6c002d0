"""The contacts as a page lists them: each with its conversations, counted, and those open now."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from pipeline.queries import contacts
from pipeline.records.base import among
from pipeline.records.core import conversations
from pipeline.records.core.contacts import ContactRow
from pipeline.records.core.conversation_rows import ConversationRow
from pipeline.records.core.conversations import Conversation


@dataclass(frozen=True, slots=True)
class ListedContact:
    """A contact, the channels it ever used, and its open conversations."""

    contact: ContactRow
    channels: tuple[str, ...]
    conversations: int
    open: tuple[ConversationRow, ...]


def listing(
    connection: Connection, words: str, after: tuple[datetime, uuid.UUID] | None, limit: int
) -> list[ListedContact]:
    """Contacts that match `words`, created before the one that `after` names, newest first."""
    found = contacts.listing(connection, words, after, limit)
    ids = [contact.id for contact in found]
    counts = _counts(connection, ids)
    going_on = conversations.open_of(connection, ids)
    return [
        ListedContact(
            contact,
            tuple(sorted(counts.get(contact.id, {}))),
            sum(counts.get(contact.id, {}).values()),
            tuple(row for row in going_on if row.contact_id == contact.id),
        )
        for contact in found
    ]


def _counts(connection: Connection, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, dict[str, int]]:
    """How many conversations each of these contacts had, by channel."""
    query = (
        select(Conversation.contact_id, Conversation.channel, func.count())
        .where(among(connection, Conversation.contact_id, ids))
        .group_by(Conversation.contact_id, Conversation.channel)
    )
    counts: dict[uuid.UUID, dict[str, int]] = {}
    for contact_id, channel, number in connection.execute(query):
        counts.setdefault(contact_id, {})[channel] = number
    return counts
