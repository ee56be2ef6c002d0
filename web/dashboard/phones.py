"""A phone of the simulator: one contact on one channel, as they see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from pipeline.errors import WebhookRejected
from pipeline.insight import contacts as insight
from pipeline.insight import transcript
from pipeline.providers import addresses
from pipeline.records import contacts, conversations, timers

SHOWN = 60
KNOWN = 12
# What did not reach the contact is no part of their screen.
_UNSEEN = frozenset({"queued", "sending", "unknown", "failed", "canceled", "suppressed", "expired"})


@dataclass(frozen=True, slots=True)
class Phone:
    """`address` is what the provider calls it, `other` the same phone on the other channel.

    `choices` are what can be tapped now; `due_at` is when the next timer falls due, `then` what it
    leads to.
    """

    address: str
    other: str
    number: str
    channel: str
    contact: Row[Any] | None = None
    conversation: Row[Any] | None = None
    said: tuple[Row[Any], ...] = ()
    choices: tuple[tuple[str, str], ...] = ()
    due_at: datetime | None = None
    then: str = ""


def phone(connection: Connection, address: str) -> Phone:
    """The phone at an address; one that nobody has used yet is empty."""
    try:
        who = addresses.contact(address)
    except WebhookRejected:
        return Phone(address, address, address, "sms")
    other = who.key if who.channel == "whatsapp" else f"whatsapp:{who.key}"
    empty = Phone(address, other, who.phone or who.key, who.channel)
    contact = contacts.by_keys(connection, [who.key]).get(who.key)
    if contact is None:
        return empty
    said = transcript.latest_of_contact(connection, contact.id, None, SHOWN)
    talk = _open_talk(connection, contact, who.channel)
    due_at, then = _next_timer(connection, talk)
    return Phone(
        address,
        other,
        empty.number,
        who.channel,
        contact,
        talk,
        tuple(row for row in said if row.channel == who.channel and row.status not in _UNSEEN),
        tuple((button_id, title) for _, button_id, title in talk.choices) if talk else (),
        due_at,
        then,
    )


def known(connection: Connection) -> tuple[Row[Any], ...]:
    """The newest contacts, to open their phones."""
    return tuple(insight.listing(connection, "", None, KNOWN))


def _open_talk(connection: Connection, contact: Row[Any], channel: str) -> Row[Any] | None:
    talks: Sequence[Row[Any]] = conversations.open_of(connection, [contact.id])
    return next((talk for talk in talks if talk.channel == channel), None)


def _next_timer(connection: Connection, talk: Row[Any] | None) -> tuple[datetime | None, str]:
    timer = timers.next_of(connection, talk.id) if talk else None
    if timer is None:
        return None, ""
    if timer.name == "give_back":
        return timer.due_at, "the bot answers again"
    if timer.name == "nudge":
        return timer.due_at, "a nudge"
    what = "time-out" if timer.name == "timeout" else "reminder"
    return timer.due_at, f"{what}: {timer.to_state}"
