"""Merging: an operator makes one contact of two that are one person, or splits an address off."""

import uuid
from dataclasses import dataclass

from sqlalchemy import Connection

from pipeline import crash
from pipeline.conversation.values import Contact, Conversation
from pipeline.crash import Point
from pipeline.errors import ChangeRefused
from pipeline.override.subject import contact_of
from pipeline.providers import number_forms
from pipeline.queries import contacts as queries
from pipeline.records import joining, splitting
from pipeline.records.accounts import audit
from pipeline.records.core import addresses, aliases, lane_joining
from pipeline.records.core.addresses import AddressRow
from pipeline.records.splitting import Split
from pipeline.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two open conversations on one channel and number: one stays open, the other has to end."""

    stays: Conversation
    ends: Conversation


@dataclass(frozen=True, slots=True)
class Merge:
    """What a merge moves, or would move, from the `other` contact.

    `opt_outs` and `is_blocked` are those that the merged contact has.
    """

    contact: Contact
    other: Contact
    conversations: int
    messages: int
    addresses: tuple[AddressRow, ...]
    conflicts: tuple[Conflict, ...]
    opt_outs: tuple[str, ...]
    is_blocked: bool


def preview_merge(runtime: Runtime, contact_id: uuid.UUID, other: uuid.UUID) -> Merge:
    """What merging the other contact into this one would do; changes nothing."""
    with runtime.database.read() as connection:
        return _planned(connection, contact_id, other)


def merge_contacts(
    runtime: Runtime, contact_id: uuid.UUID, *, actor: str, other: uuid.UUID
) -> Merge:
    """Merge the other contact into this one; turns in flight of both are run again.

    Of two open conversations on one channel and number the later active one stays open.
    """
    with runtime.database.write() as connection:
        now = runtime.database.now(connection)
        aliases.lock(connection)
        planned = _planned(connection, contact_id, other)
        joining.join(connection, planned.contact.key, planned.other.key, now, actor)
        crash.point(Point.OVERRIDE_MERGING)
        return planned


def _planned(connection: Connection, contact_id: uuid.UUID, other_id: uuid.UUID) -> Merge:
    contact, other = contact_of(connection, contact_id), contact_of(connection, other_id)
    if contact.id == other.id:
        raise ChangeRefused("This is the same contact. Choose another one.")
    totals = queries.totals(connection, other.id)
    pairs = joining.conflicts(connection, (contact.id, other.id))
    return Merge(
        contact,
        other,
        conversations=totals.conversations,
        messages=totals.messages,
        addresses=tuple(addresses.of_contact(connection, other.id)),
        conflicts=tuple(Conflict(*pair) for pair in pairs),
        opt_outs=tuple(sorted({*contact.opt_outs, *other.opt_outs})),
        is_blocked=contact.is_blocked or other.is_blocked,
    )


def split_contact(runtime: Runtime, contact_id: uuid.UUID, *, actor: str, address: str) -> Split:
    """Take an address with its conversations off into a contact of its own.

    It stays apart, even if it is another form of the same number. Raises ChangeRefused for an
    address that the contact lacks, or that is its only one.
    """
    with runtime.database.write() as connection:
        now = runtime.database.now(connection)
        aliases.lock(connection)
        contact = contact_of(connection, contact_id)
        known = addresses.of_contact(connection, contact_id)
        wanted = {row.key for row in known if address.strip() in _written(row)}
        if not wanted:
            listed = ", ".join(dict.fromkeys(row.address for row in known)) or "none"
            raise ChangeRefused(f"This contact has no such address. It has: {listed}.")
        key = min(wanted)
        if all(row.key == key for row in known):
            raise ChangeRefused("This is the contact's only address. There is nothing to split.")
        if lane_joining.is_sending(connection, contact.key):
            raise ChangeRefused("A message to this contact is being sent. Try again in a moment.")
        made = splitting.split(connection, contact, key, number_forms.forms(key), now)
        numbers = {"conversations": made.conversations, "messages": made.messages}
        target = str(contact_id)
        audit.append(
            connection, now, actor, "split_contact", target, other=str(made.contact.id), **numbers
        )
        crash.point(Point.OVERRIDE_SPLITTING)
        return made


def _written(row: AddressRow) -> set[str]:
    """The ways to name an address."""
    return {row.address, row.key, f"{row.channel}:{row.address}"}
