"""The data of a phone in the simulator: one contact on one channel, as they see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from pipeline.enums import NOT_DELIVERED, PENDING, Status
from pipeline.errors import WebhookRejected
from pipeline.messages import SMS, WHATSAPP
from pipeline.providers import addresses
from pipeline.providers.addresses import on_channel
from pipeline.queries import contacts as queries
from pipeline.queries import transcript
from pipeline.records.core import contacts, conversations, timers
from pipeline.records.core.contacts import ContactRow
from pipeline.records.core.conversation_rows import ConversationRow
from pipeline.records.core.messages import MessageRow

SHOWN = 60
KNOWN = 12
# A message that did not reach the contact is not on their screen.
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
    """`address` is what the provider calls it, `other` the same phone on the other channel, or "".

    `taps` are what can be tapped now, `offer` the message that has them; `due_at` is when the next
    timer falls due, `then` what it leads to.
    """

    address: str
    other: str
    number: str
    channel: str
    contact: ContactRow | None = None
    conversation: ConversationRow | None = None
    said: tuple[MessageRow, ...] = ()
    taps: tuple[Tap, ...] = ()
    offer: UUID | None = None
    due_at: datetime | None = None
    then: str = ""


def load_phone(connection: Connection, address: str) -> Phone:
    """Load the phone at an address; an unused one is empty."""
    try:
        who = addresses.contact(address)
    except WebhookRejected:
        return Phone(address, "", address, SMS)
    other = on_channel(SMS if who.channel == WHATSAPP else WHATSAPP, who.name) if who.phone else ""
    empty = Phone(address, other, who.name, who.channel)
    contact = contacts.of_key(connection, who.key)
    if contact is None:
        return empty
    said = _seen(connection, contact, who.channel)
    conversation = _open_conversation(connection, contact, who.channel)
    taps, offer = _taps(conversation.choices, said) if conversation else ((), None)
    due_at, then = _next_timer(connection, conversation)
    return Phone(
        address,
        other,
        empty.number,
        who.channel,
        contact,
        conversation,
        said,
        taps,
        offer,
        due_at,
        then,
    )


def recent_contacts(connection: Connection) -> tuple[ContactRow, ...]:
    """The newest contacts, to open their phones."""
    return tuple(queries.listing(connection, "", None, KNOWN))


def _seen(connection: Connection, contact: ContactRow, channel: str) -> tuple[MessageRow, ...]:
    said = transcript.latest_of_contact(connection, contact.id, None, SHOWN)
    return tuple(row for row in said if row.channel == channel and row.status not in _UNSEEN)


def _taps(
    choices: Sequence[Sequence[Any]], said: Sequence[MessageRow]
) -> tuple[tuple[Tap, ...], UUID | None]:
    """The choices of a conversation with their details, and the message that offers them."""
    ids = {button_id for _, button_id, _ in choices}
    offer = next((row for row in reversed(said) if ids & _choices_in(row).keys()), None)
    offered = _choices_in(offer) if offer else {}
    is_row = offer is not None and offer.content.get("taps") == "list"
    taps = [
        Tap(
            button_id,
            title,
            offered.get(button_id, {}).get("description", ""),
            offered.get(button_id, {}).get("section", ""),
            is_row,
        )
        for _, button_id, title in choices
    ]
    return tuple(taps), offer.public_id if offer else None


def _choices_in(row: MessageRow) -> dict[str, Mapping[str, str]]:
    """The choices of an outbound message, by ID."""
    return {choice["id"]: choice for choice in row.content.get("choices", ())}


def _open_conversation(
    connection: Connection, contact: ContactRow, channel: str
) -> ConversationRow | None:
    found = conversations.open_of(connection, [contact.id])
    return next((conversation for conversation in found if conversation.channel == channel), None)


def _next_timer(
    connection: Connection, conversation: ConversationRow | None
) -> tuple[datetime | None, str]:
    timer = timers.next_of(connection, conversation.id) if conversation else None
    if timer is None:
        return None, ""
    if timer.name == "release":
        return timer.due_at, "handed back to the bot"
    if timer.name == "nudge":
        return timer.due_at, "nudge"
    what = "timeout" if timer.name == "timeout" else "reminder"
    return timer.due_at, f"{what}: {timer.to_state}"
