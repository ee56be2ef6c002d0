"""Splitting: an address with its conversations becomes a contact of its own again.

The caller holds the lock of the aliases and has locked the contact's lanes. The opposite of
joining.py, for operators only.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from pipeline.conversation.values import Contact
from pipeline.enums import Direction
from pipeline.ids import new_id
from pipeline.messages import Inbound
from pipeline.records.core import (
    addresses,
    aliases,
    contacts,
    conversation_moves,
    lane_joining,
    lanes,
    leases,
    messages,
    unfiled,
)
from pipeline.records.core.addresses import AddressRow
from pipeline.records.core.entries import DueTimer, OwedEntry, Waiting
from pipeline.records.saving import add_contact


@dataclass(frozen=True, slots=True)
class Split:
    """A contact that was split off, and how many conversations and messages it took along."""

    contact: Contact
    conversations: int
    messages: int


def split(
    connection: Connection, contact: Contact, key: str, forms: Collection[str], now: datetime
) -> Split:
    """Make a contact of the addresses with this key; `forms` are other forms of the number.

    No rule joins them again: both keep their addresses until an operator merges them.
    """
    known = addresses.of_contact(connection, contact.id)
    gone = [row for row in known if row.key == key]
    rest = [row for row in known if row.key != key]
    stays = contact.key if contact.key != key else rest[0].key
    leases.lock(connection, Direction.INBOUND, [contact.key, key, stays])
    names = {(one.channel, one.address) for one in gone}
    ids = conversation_moves.lock_from(connection, contact, names)
    leases.lock(connection, Direction.OUTBOUND, [contact.key, key, stays])
    _rename(connection, contact, key, rest, stays)
    made = add_contact(connection, _like(contact, key, gone, now))
    conversation_moves.give(connection, ids, made.id)
    moved = messages.give(connection, contact.id, ids, names, made.id)
    addresses.give(connection, names, made.id)
    others = {(made.id, one.address) for one in gone if one.address not in made.key}
    addresses.make_searchable(connection, others)
    _alias(connection, (contact.key, stays), rest, (key, forms))
    _sort_entries(connection, (contact.key, stays), key, ids)
    for lane in {key, stays}:
        lane_joining.restart(connection, lane, now)
        lanes.note(connection, Direction.OUTBOUND, [lane], now)
        lanes.wake(connection, Direction.OUTBOUND, [lane], now)
    return Split(made, len(ids), moved)


def _rename(
    connection: Connection, contact: Contact, key: str, rest: Sequence[AddressRow], stays: str
) -> None:
    """Give the contact who stays another key and number, if the ones it has are split off."""
    number = next((row.address for row in rest if row.address.startswith("+")), None)
    phone = number if contact.phone == key else contact.phone
    also = " ".join(dict.fromkeys(row.address for row in rest if row.address not in stays))
    contacts.change(connection, contact.id, key=stays, phone=phone, also=also or None)


def _like(contact: Contact, key: str, gone: Sequence[AddressRow], now: datetime) -> Contact:
    """The new contact: what the other one refused stays refused."""
    return Contact(
        id=new_id(),
        key=key,
        phone=key if key.startswith("+") else None,
        name=contact.name,
        attributes={},
        opt_outs=contact.opt_outs,
        is_blocked=contact.is_blocked,
        created_at=min((row.first_seen_at for row in gone), default=now),
        is_new=True,
        seen_at=max((row.last_seen_at for row in gone), default=None),
    )


def _alias(
    connection: Connection,
    lane: tuple[str, str],
    rest: Sequence[AddressRow],
    split_off: tuple[str, Collection[str]],
) -> None:
    """Let each key stand for its contact, and pin those that were seen."""
    before, stays = lane
    key, forms = split_off
    seen = {row.key for row in rest}
    others = set(aliases.keys_of(connection, before)) | {before}
    follow = {form for form in forms if form not in seen and form != stays}
    aliases.put(connection, others - seen - follow - {key, stays}, stays)
    aliases.put(connection, seen | {stays}, stays, pinned=True)
    aliases.put(connection, follow | {key}, key, pinned=True)


def _sort_entries(
    connection: Connection, lane: tuple[str, str], key: str, ids: Collection[uuid.UUID]
) -> None:
    """Put what waits into the lane of the contact whose it is."""
    before, stays = lane
    entries = unfiled.open_of(connection, before)
    lanes_of = {one.id: key if _is_of(one, key, ids) else stays for one in entries}
    moved = {entry_id: its for entry_id, its in lanes_of.items() if its != before}
    unfiled.relabel(connection, moved)


def _is_of(entry: Waiting, key: str, ids: Collection[uuid.UUID]) -> bool:
    content = entry.content
    if isinstance(content, Inbound):
        return content.contact_key == key
    return isinstance(content, DueTimer | OwedEntry) and content.conversation_id in ids
