"""Contacts: one per phone number, or per provider user id where there is no number."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.conversation import values
from pipeline.conversation.attributes import AttributeChanges, apply, named, overtaken
from pipeline.conversation.consent import EVERYWHERE
from pipeline.jsons import JsonObject
from pipeline.records import bulk
from pipeline.records.base import Record, among, any_of, columns, fetch, fetch_one, short_repr
from pipeline.records.core import aliases
from pipeline.records.stats import tallies


class Contact(Record):
    """Somebody who writes to us. `key` is the E.164 number or the provider's user id.

    `opt_outs` maps "channel number-of-ours" to the moment the contact said STOP there. `also` are
    the addresses that are not in the key, for searches.
    """

    __tablename__ = "contact"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    phone: Mapped[str | None]
    name: Mapped[str] = mapped_column(default="", index=True)
    attributes: Mapped[JsonObject] = mapped_column(default=dict)
    opt_outs: Mapped[JsonObject] = mapped_column(default=dict)
    is_blocked: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(index=True)
    last_seen_at: Mapped[datetime | None]
    also: Mapped[str | None]


class ContactRow(NamedTuple):
    """A contact as it is read."""

    id: uuid.UUID
    key: str
    phone: str | None
    name: str
    attributes: JsonObject
    opt_outs: dict[str, str]
    is_blocked: bool
    created_at: datetime
    last_seen_at: datetime | None

    def __repr__(self) -> str:
        """Without the body and the full number, so that no log can hold them."""
        return short_repr(self)


CONTACTS = select(*columns(Contact, ContactRow))


def by_keys(connection: Connection, keys: Sequence[str]) -> dict[str, ContactRow]:
    """The contacts that exist among `keys`."""
    query = _keyed(connection.dialect.name)
    rows = fetch(connection, query, ContactRow._make, {"keys": list(keys)})
    return {row.key: row for row in rows}


def of_key(connection: Connection, key: str) -> ContactRow | None:
    """The contact whom a key stands for."""
    lane = aliases.lane_of(connection, key)
    return by_keys(connection, [lane]).get(lane)


def load_by_keys(connection: Connection, keys: Sequence[str]) -> dict[str, values.Contact]:
    """The contacts that exist among `keys`, for the rules."""
    return {key: parse(row) for key, row in by_keys(connection, keys).items()}


def parse(row: ContactRow) -> values.Contact:
    """The contact in a row."""
    return values.Contact(*row)


@cache
def _keyed(dialect: str) -> Select[Any]:
    return CONTACTS.where(any_of(dialect, Contact.key, "keys"))


def by_id(connection: Connection, contact_id: uuid.UUID) -> ContactRow | None:
    """One contact."""
    return fetch_one(connection, CONTACTS.where(Contact.id == contact_id), ContactRow._make)


def by_ids(
    connection: Connection, contact_ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, ContactRow]:
    """The contacts with these ids."""
    query = CONTACTS.where(among(connection, Contact.id, contact_ids))
    return {row.id: row for row in fetch(connection, query, ContactRow._make)}


def load(connection: Connection, contact_id: uuid.UUID) -> values.Contact | None:
    """One contact, for the rules."""
    row = by_id(connection, contact_id)
    return None if row is None else parse(row)


def create(connection: Connection, contacts: Sequence[JsonObject]) -> None:
    """Insert contacts; raises IntegrityError if a key already exists."""
    bulk.add(connection, Contact, contacts)
    tallies.add(connection, tallies.CONTACTS, {"": len(contacts)})


def seen(connection: Connection, moments: Sequence[JsonObject]) -> None:
    """Note when contacts last wrote: id, last_seen_at."""
    bulk.change(connection, Contact, moments)


def rename(connection: Connection, contact_id: uuid.UUID, profile_name: str) -> None:
    """Name a contact as they call themselves, unless an operator or the bot has named them."""
    has_name = Contact.attributes["name"].as_string().is_not(None)
    renamed = update(Contact).where(Contact.id == contact_id, ~has_name)
    connection.execute(renamed.values(name=profile_name))


def set_opt_out(
    connection: Connection, contact_id: uuid.UUID, where: str, at: datetime | None
) -> None:
    """Record that the contact opted out there, or (`at` None) in again: of "everywhere", too."""
    locked = (
        select(Contact.opt_outs).where(Contact.id == contact_id).with_for_update(key_share=True)
    )
    opt_outs = dict(connection.execute(locked).scalar_one())
    opt_outs.pop(where, None)
    if at is None:
        opt_outs.pop(EVERYWHERE, None)
    else:
        opt_outs[where] = at.isoformat()
    connection.execute(update(Contact).where(Contact.id == contact_id).values(opt_outs=opt_outs))


def change_attributes(
    connection: Connection, contact_id: uuid.UUID, changes: AttributeChanges
) -> bool:
    """Change these attributes and keep the others; False if somebody changed one meanwhile."""
    query = select(Contact.attributes, Contact.name).where(Contact.id == contact_id)
    row = connection.execute(query.with_for_update(key_share=True)).one()
    if any(overtaken(row.attributes, changes)):
        return False
    after, name = apply(row.attributes, changes), named(row.name, changes)
    connection.execute(
        update(Contact).where(Contact.id == contact_id).values(attributes=after, name=name)
    )
    return True


def create_new(connection: Connection, contact: JsonObject) -> None:
    """Insert a contact; one whose key is there already changes nothing."""
    added = bulk.add(connection, Contact, [contact], skip_known=True)
    tallies.add(connection, tallies.CONTACTS, {"": added})


def lock(connection: Connection, contact_id: uuid.UUID) -> values.Contact | None:
    """One contact, locked for an operator's change."""
    query = CONTACTS.where(Contact.id == contact_id).with_for_update(key_share=True)
    row = fetch_one(connection, query, ContactRow._make)
    return None if row is None else parse(row)


def change(connection: Connection, contact_id: uuid.UUID, **values: Any) -> None:
    """Write an operator's change."""
    connection.execute(update(Contact).where(Contact.id == contact_id).values(**values))


def absorb(connection: Connection, into: values.Contact, other: values.Contact) -> None:
    """Let a contact have what another one had, whose messages it has already; delete that one.

    Opt-outs and a block of either stay; of two values of an attribute its own.
    """
    both = select(Contact.id, Contact.also).where(Contact.id.in_([into.id, other.id]))
    locked = connection.execute(both.order_by(Contact.id).with_for_update())
    also = {row.id: row.also for row in locked}
    seen = [one.last_seen_at for one in (into, other) if one.last_seen_at]
    change(
        connection,
        into.id,
        phone=into.phone or other.phone,
        name=into.name or other.name,
        attributes={**other.attributes, **into.attributes},
        opt_outs={**other.opt_outs, **into.opt_outs},
        is_blocked=into.is_blocked or other.is_blocked,
        created_at=min(into.created_at, other.created_at),
        last_seen_at=max(seen, default=None),
        also=" ".join(filter(None, [also[into.id], other.key, also[other.id]])),
    )
    connection.execute(delete(Contact).where(Contact.id == other.id))
    tallies.add(connection, tallies.CONTACTS, {"": -1})


def keys_of(connection: Connection, contact_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The keys, which name the lanes, of these contacts."""
    query = select(Contact.id, Contact.key).where(among(connection, Contact.id, contact_ids))
    return {row.id: row.key for row in connection.execute(query)}
