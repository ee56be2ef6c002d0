"""Contacts as a list, newest first."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, literal, select, tuple_

from pipeline.errors import NotFound
from pipeline.jsons import JsonObject
from pipeline.queries import search
from pipeline.records.base import fetch, short_repr
from pipeline.records.core import addresses, contacts
from pipeline.records.core.addresses import AddressRow
from pipeline.records.core.contacts import CONTACTS, Contact, ContactRow
from pipeline.records.core.conversations import Conversation
from pipeline.records.core.messages import Message

MOST = 10_000


@dataclass(frozen=True, slots=True)
class Totals:
    """How many messages and conversations one contact has, counted up to MOST."""

    messages: int
    conversations: int


class KnownContact(NamedTuple):
    """A contact with its addresses, the one heard from last first."""

    id: uuid.UUID
    key: str
    phone: str | None
    name: str
    attributes: JsonObject
    opt_outs: dict[str, str]
    is_blocked: bool
    created_at: datetime
    last_seen_at: datetime | None
    addresses: list[AddressRow]

    def __repr__(self) -> str:
        """Without the full number, so that no log can hold it."""
        return short_repr(self)


def known(connection: Connection, contact_id: uuid.UUID) -> KnownContact:
    """One contact. Raises NotFound."""
    if row := contacts.by_id(connection, contact_id):
        return KnownContact(*row, addresses.of_contact(connection, contact_id))
    raise NotFound("There is no such contact.")


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
