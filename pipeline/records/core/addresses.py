"""Addresses: every name under which a contact was seen, on each channel.

A row is written when a contact appears under a name, not with every message: what was heard last
under a name is in the conversations.
"""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import (
    Connection,
    ForeignKey,
    case,
    delete,
    func,
    literal_column,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.messages import SMS, Channel, is_number, key_of
from pipeline.records import bulk
from pipeline.records.base import Record, ShortText, among, fetch
from pipeline.records.core.contacts import Contact
from pipeline.records.core.conversations import Conversation


class Address(Record):
    """`address` is the name on the channel, without its prefix, as the provider writes it."""

    __tablename__ = "address"

    channel: Mapped[ShortText] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(primary_key=True)
    contact_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("contact.id"), index=True)
    kind: Mapped[ShortText]
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]


class AddressRow(NamedTuple):
    """A name of a contact on a channel."""

    channel: Channel
    address: str
    first_seen_at: datetime
    last_seen_at: datetime

    @property
    def key(self) -> str:
        """What tells it from others on all channels: numbers are the same on each."""
        return key_of(self.channel, self.address)


class Seen(NamedTuple):
    """A contact, whose key is `key`, was seen under a name at this moment."""

    contact_id: uuid.UUID
    key: str
    channel: Channel
    address: str
    at: datetime


_LATER = literal_column("excluded.last_seen_at", Address.last_seen_at.type)
_SEEN_AGAIN: bulk.Expressions = (
    ("contact_id", literal_column("excluded.contact_id")),
    ("last_seen_at", case((Address.last_seen_at < _LATER, _LATER), else_=Address.last_seen_at)),
)


def kind_of(channel: Channel, name: str) -> str:
    """What an address is: number, short_code, name (of an SMS sender) or user_id."""
    if is_number(name):
        return "number"
    if channel != SMS:
        return "user_id"
    return "short_code" if name.isdecimal() else "name"


def note(connection: Connection, seen: Sequence[Seen]) -> None:
    """Note the names that contacts were seen under, each once, and let searches find them."""
    found: dict[tuple[str, str], list[Seen]] = {}
    for one in seen:
        found.setdefault((one.channel, one.address), []).append(one)
    rows = [
        {
            "channel": channel,
            "address": name,
            "contact_id": times[-1].contact_id,
            "kind": kind_of(channel, name),
            "first_seen_at": min(one.at for one in times),
            "last_seen_at": max(one.at for one in times),
        }
        for (channel, name), times in sorted(found.items())
    ]
    if rows:
        bulk.add(connection, Address, rows, on_known=_SEEN_AGAIN)
    if others := {(one.contact_id, one.address) for one in seen if one.address not in one.key}:
        make_searchable(connection, others)


def make_searchable(connection: Connection, named: Collection[tuple[uuid.UUID, str]]) -> None:
    """Add names to their contacts' text that searches read, unless it has them."""
    known = select(Contact.id, Contact.key, Contact.also).where(
        among(connection, Contact.id, {contact_id for contact_id, _ in named})
    )
    for row in connection.execute(known).all():
        text = f"{row.key} {row.also or ''}"
        names = [name for contact_id, name in named if contact_id == row.id and name not in text]
        if names:
            also = " ".join([*(row.also or "").split(" "), *sorted(names)]).strip()
            connection.execute(update(Contact).where(Contact.id == row.id).values(also=also))


def of_contact(connection: Connection, contact_id: uuid.UUID) -> list[AddressRow]:
    """The names of a contact, the one heard from last first."""
    query = select(
        Address.channel, Address.address, Address.first_seen_at, Address.last_seen_at
    ).where(Address.contact_id == contact_id)
    found = {(row.channel, row.address): AddressRow(*row) for row in connection.execute(query)}
    for row in _heard(connection, contact_id):
        known = found.get((row.channel, row.address), row)
        found[row.channel, row.address] = AddressRow(
            row.channel,
            row.address,
            min(known.first_seen_at, row.first_seen_at),
            max(known.last_seen_at, row.last_seen_at),
        )
    return sorted(found.values(), key=lambda row: (row.last_seen_at, row.address), reverse=True)


def _heard(connection: Connection, contact_id: uuid.UUID) -> list[AddressRow]:
    """The names in a contact's conversations; those of earlier releases have none of their own."""
    usual = func.coalesce(Contact.phone, Contact.key)
    name = func.coalesce(Conversation.address, usual)
    query = (
        select(
            Conversation.channel,
            name,
            func.min(Conversation.opened_at),
            func.max(Conversation.last_inbound_at),
        )
        .join(Contact, Contact.id == Conversation.contact_id)
        .where(Conversation.contact_id == contact_id, Conversation.last_inbound_at.is_not(None))
        .group_by(Conversation.channel, name)
    )
    rows = fetch(connection, query, AddressRow._make)
    return [row._replace(address=row.address.removeprefix(f"{row.channel}:")) for row in rows]


def move(connection: Connection, from_id: uuid.UUID, to_id: uuid.UUID) -> int:
    """Give every name of a contact to another one; returns how many."""
    moved = update(Address).where(Address.contact_id == from_id).values(contact_id=to_id)
    return connection.execute(moved).rowcount


def give(
    connection: Connection, names: Collection[tuple[Channel, str]], contact_id: uuid.UUID
) -> None:
    """Give these names to a contact."""
    for channel, name in names:
        this = (Address.channel == channel, Address.address == name)
        connection.execute(update(Address).where(*this).values(contact_id=contact_id))


def forget(connection: Connection, contact_id: uuid.UUID) -> None:
    """Delete the names of a contact."""
    connection.execute(delete(Address).where(Address.contact_id == contact_id))
