"""Contacts as a list, newest first."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, literal, select, tuple_

from pipeline.queries import search
from pipeline.records.base import fetch
from pipeline.records.core.contacts import CONTACTS, Contact, ContactRow
from pipeline.records.core.conversations import Conversation
from pipeline.records.core.messages import Message

MOST = 10_000


@dataclass(frozen=True, slots=True)
class Totals:
    """How many messages and conversations one contact has, counted up to MOST."""

    messages: int
    conversations: int


def totals(connection: Connection, contact_id: uuid.UUID) -> Totals:
    """The totals of one contact."""
    one = select(literal(1)).limit(MOST)
    said = one.where(Message.contact_id == contact_id).subquery()
    talks = one.where(Conversation.contact_id == contact_id).subquery()
    count = select(
        select(func.count()).select_from(said).scalar_subquery(),
        select(func.count()).select_from(talks).scalar_subquery(),
    )
    return Totals(*connection.execute(count).one())


def listing(
    connection: Connection, words: str, after: tuple[datetime, uuid.UUID] | None, limit: int
) -> Sequence[ContactRow]:
    """Contacts that match `words`, created before the one that `after` names."""
    query = (
        CONTACTS.where(*search.who(words))
        .order_by(Contact.created_at.desc(), Contact.id.desc())
        .limit(limit)
    )
    if after:
        moment, contact_id = after
        place = tuple_(
            literal(moment, Contact.created_at.type), literal(contact_id, Contact.id.type)
        )
        query = query.where(tuple_(Contact.created_at, Contact.id) < place)
    return fetch(connection, query, ContactRow._make)
