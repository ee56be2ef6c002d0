"""An operator's changes to contacts: add, edit, block and unblock, opt out and in."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection

from pipeline.conversation.attributes import (
    LONGEST_ATTRIBUTE,
    LONGEST_NAME,
    MOST_ATTRIBUTES,
)
from pipeline.conversation.consent import EVERYWHERE, scope
from pipeline.conversation.values import Contact
from pipeline.errors import ChangeRefused, NotFound
from pipeline.jsons import JsonObject
from pipeline.messages import storable
from pipeline.providers import addresses, number_forms
from pipeline.records import joining, saving
from pipeline.records.accounts import audit
from pipeline.records.core import aliases, contacts
from pipeline.runtime import Runtime


def add_contact(
    runtime: Runtime, written: str, *, actor: str, force: bool = False
) -> tuple[Contact, bool]:
    """The contact with this phone number, and whether it is a new one.

    Raises NumberRefused for what is not a number, and unless `force` for a doubtful one.
    """
    phone = addresses.typed(written, force=force)
    with runtime.database.write() as connection:
        now = runtime.database.now(connection)
        aliases.lock(connection)
        joining.identify(connection, phone, number_forms.forms(phone), now)
        wanted = Contact.at(phone, now, aliases.lane_of(connection, phone))
        contact = saving.add_contact(connection, wanted)
        is_new = contact.id == wanted.id
        if is_new:
            audit.append(connection, now, actor, "create_contact", str(contact.id))
    return contact, is_new


def change_contact(
    runtime: Runtime,
    contact_id: uuid.UUID,
    *,
    actor: str,
    name: str | None = None,
    attributes: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Set the name, if given, and these attributes; an empty value removes its attribute.

    A name that an operator sets is also the attribute "name": a profile name does not replace it.
    """
    with runtime.database.write() as connection:
        before = _locked(connection, contact_id)
        name = before.name if name is None else storable(name).strip()[:LONGEST_NAME]
        wanted = {storable(key).strip(): storable(text).strip() for key, text in attributes.items()}
        if name != before.name:
            wanted["name"] = name
        after = _merged(before.attributes, wanted)
        if (name, after) == (before.name, before.attributes):
            return
        contacts.change(connection, contact_id, name=name, attributes=after)
        now = runtime.database.now(connection)
        # The names of the attributes, not their values: the audit log holds no contact data.
        fields = sorted(k for k in wanted if before.attributes.get(k) != after.get(k))
        audit.append(connection, now, actor, "change_contact", str(contact_id), fields=fields)


def block(runtime: Runtime, contact_id: uuid.UUID, *, actor: str) -> None:
    """Send this contact no more messages, from the bot or from operators."""
    _set_blocked(runtime, contact_id, actor, is_blocked=True)


def unblock(runtime: Runtime, contact_id: uuid.UUID, *, actor: str) -> None:
    """Allow messages to this contact again."""
    _set_blocked(runtime, contact_id, actor, is_blocked=False)


def opt_out(
    runtime: Runtime, contact_id: uuid.UUID, *, actor: str, channel: str = "", number: str = ""
) -> None:
    """Send this contact no more messages from one of our numbers, or (without it) from any.

    What waits to be sent is not sent any more, as after a STOP.
    """
    where = _place(channel, number)
    with runtime.database.write() as connection:
        if where in _locked(connection, contact_id).opt_outs:
            return
        now = runtime.database.now(connection)
        contacts.set_opt_out(connection, contact_id, where, now)
        _audit_consent(connection, now, actor, "opt_out", contact_id, channel, number)


def opt_in(
    runtime: Runtime, contact_id: uuid.UUID, *, actor: str, channel: str = "", number: str = ""
) -> None:
    """Undo the contact's opt-out from one of our numbers, or (without it) all of them.

    Raises ChangeRefused for one number if they are opted out of every number.
    """
    where = _place(channel, number)
    with runtime.database.write() as connection:
        before = _locked(connection, contact_id).opt_outs
        if where == EVERYWHERE:
            after: JsonObject = {}
        elif EVERYWHERE in before:
            raise ChangeRefused(
                "This contact is opted out of all numbers. Opt them in without a channel and number"
                " first."
            )
        else:
            after = {place: at for place, at in before.items() if place != where}
        if after == before:
            return
        contacts.change(connection, contact_id, opt_outs=after)
        now = runtime.database.now(connection)
        _audit_consent(connection, now, actor, "opt_in", contact_id, channel, number)


def _place(channel: str, number: str) -> str:
    """The key of the opt-out. Raises ChangeRefused for one of the two alone."""
    if bool(channel) != bool(number):
        raise ChangeRefused("Provide both channel and number, or neither for all numbers.")
    return scope(channel, storable(number)) if channel else EVERYWHERE


def _audit_consent(
    connection: Connection,
    now: datetime,
    actor: str,
    action: str,
    contact_id: uuid.UUID,
    *where: str,
) -> None:
    details = {name: text for name, text in zip(("channel", "number"), where, strict=True) if text}
    audit.append(connection, now, actor, action, str(contact_id), **details)


def _set_blocked(runtime: Runtime, contact_id: uuid.UUID, actor: str, *, is_blocked: bool) -> None:
    with runtime.database.write() as connection:
        before = _locked(connection, contact_id)
        if before.is_blocked == is_blocked:
            return
        contacts.change(connection, contact_id, is_blocked=is_blocked)
        now = runtime.database.now(connection)
        action = "block" if is_blocked else "unblock"
        audit.append(connection, now, actor, action, str(contact_id))


def _locked(connection: Connection, contact_id: uuid.UUID) -> Contact:
    contact = contacts.lock(connection, contact_id)
    if contact is None:
        raise NotFound("There is no such contact.")
    return contact


def _merged(before: Mapping[str, Any], wanted: Mapping[str, str]) -> JsonObject:
    after = dict(before)
    for key, text in wanted.items():
        if len(key) > LONGEST_ATTRIBUTE or len(text) > LONGEST_ATTRIBUTE:
            raise ChangeRefused(f"An attribute can have up to {LONGEST_ATTRIBUTE} characters.")
        if not text:
            after.pop(key, None)
        elif key and str(after.get(key)) != text:
            # An unchanged value keeps its type: a number stays a number.
            after[key] = text
    if len(after) > max(MOST_ATTRIBUTES, len(before)):
        raise ChangeRefused(f"A contact can have up to {MOST_ATTRIBUTES} attributes.")
    return after
