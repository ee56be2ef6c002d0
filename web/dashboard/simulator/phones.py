"""A phone of the simulator: one contact on one channel, as they see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row

from pipeline.enums import NOT_DELIVERED, PENDING, Status
from pipeline.errors import WebhookRejected
from pipeline.providers import addresses
from pipeline.queries import contacts as queries
from pipeline.queries import transcript
from pipeline.records.core import contacts, conversations, timers

SHOWN = 60
KNOWN = 12
# What did not reach the contact is no part of their screen.
_UNSEEN = PENDING | NOT_DELIVERED | {Status.CANCELED}


@dataclass(frozen=True, slots=True)
class Tap:
    """One choice that can be tapped; `is_row` of a list, which a provider tells apart."""

    id: str
    title: str
    description: str = ""
    section: str = ""
    is_row: bool = False


@dataclass(frozen=True, slots=True)
class Phone:
    """`address` is what the provider calls it, `other` the same phone on the other channel.

    `taps` are what can be tapped now, `offer` the message that has them; `due_at` is when the next
    timer falls due, `then` what it leads to.
    """

    address: str
    other: str
    number: str
    channel: str
    contact: Row[Any] | None = None
    conversation: Row[Any] | None = None
    said: tuple[Row[Any], ...] = ()
    taps: tuple[Tap, ...] = ()
    offer: UUID | None = None
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
    said = _seen(connection, contact, who.channel)
    talk = _open_talk(connection, contact, who.channel)
    taps, offer = _taps(talk.choices, said) if talk else ((), None)
    due_at, then = _next_timer(connection, talk)
    return Phone(
        address,
        other,
        empty.number,
        who.channel,
        contact,
        talk,
        said,
        taps,
        offer,
        due_at,
        then,
    )


def known(connection: Connection) -> tuple[Row[Any], ...]:
    """The newest contacts, to open their phones."""
    return tuple(queries.listing(connection, "", None, KNOWN))


def _seen(connection: Connection, contact: Row[Any], channel: str) -> tuple[Row[Any], ...]:
    said = transcript.latest_of_contact(connection, contact.id, None, SHOWN)
    return tuple(row for row in said if row.channel == channel and row.status not in _UNSEEN)


def _taps(
    choices: Sequence[Sequence[Any]], said: Sequence[Row[Any]]
) -> tuple[tuple[Tap, ...], UUID | None]:
    """The choices of a talk, told more about by the message that offers them, and that message."""
    ids = {button_id for _, button_id, _ in choices}
    offer = next((row for row in reversed(said) if ids & _told(row).keys()), None)
    told = _told(offer) if offer else {}
    is_row = offer is not None and offer.content.get("taps") == "list"
    taps = [
        Tap(
            button_id,
            title,
            told.get(button_id, {}).get("description", ""),
            told.get(button_id, {}).get("section", ""),
            is_row,
        )
        for _, button_id, title in choices
    ]
    return tuple(taps), offer.public_id if offer else None


def _told(row: Row[Any]) -> dict[str, Mapping[str, str]]:
    """What a message of ours tells about its choices."""
    return {choice["id"]: choice for choice in row.content.get("choices", ())}


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
