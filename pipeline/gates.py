"""Gates: what keeps an outbound message from being sent, checked at the moment of sending.

STOP is honoured here, whoever wrote the message and whenever it was queued; only the answer to the
STOP itself passes.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from pipeline.enums import Holder, Status
from pipeline.records.core.contacts import scope
from pipeline.records.core.outbox import Head

# Marks, in a message's content, the answer to a STOP, START or HELP: its contact wrote just now.
# Also who has opted out is answered: https://www.twilio.com/docs/api/errors/23002, and carriers
# want that of short codes. Nothing that a bot or an operator says can carry it.
CONSENT = "consent"
# https://www.twilio.com/docs/whatsapp/key-concepts#the-24-hour-window
WHATSAPP_WINDOW = timedelta(hours=24)


class Refusal(NamedTuple):
    """The final status of a message that must not be sent, and why, in plain words."""

    status: Status
    reason: str


def refusal(head: Head, now: datetime) -> Refusal | None:
    """Why this outbound message must not be sent now, or None."""
    if head.is_blocked:
        return Refusal(Status.SUPPRESSED, "The contact is blocked.")
    is_consent = CONSENT in head.content
    if not is_consent and scope(head.delivery.channel, head.delivery.our_number) in head.opt_outs:
        return Refusal(Status.SUPPRESSED, "The contact has asked not to be messaged (STOP).")
    if not is_consent and head.author == "bot" and _is_held(head, now):
        return Refusal(Status.CANCELED, "An operator took the conversation before this was sent.")
    expires_at = head.delivery.expires_at
    if expires_at and expires_at <= now:
        return Refusal(Status.EXPIRED, "It could not be sent in time.")
    if not is_consent and head.delivery.channel == "whatsapp" and _is_closed(head, now):
        return Refusal(Status.EXPIRED, WINDOW_CLOSED)
    return None


class Recipient(Protocol):
    """What decides whether a contact may be written to."""

    @property
    def is_blocked(self) -> bool: ...

    @property
    def opt_outs(self) -> Mapping[str, str]: ...


class Window(Protocol):
    """What decides whether a conversation may be written in."""

    @property
    def channel(self) -> str: ...

    @property
    def our_number(self) -> str: ...

    @property
    def last_inbound_at(self) -> datetime | None: ...


def why_not_to_write(contact: Recipient, conversation: Window, now: datetime) -> str:
    """Why an operator's message would be refused here; "" when it would not."""
    if contact.is_blocked:
        return "The contact is blocked."
    if scope(conversation.channel, conversation.our_number) in contact.opt_outs:
        return "The contact has asked not to be messaged (STOP)."
    if conversation.channel == "whatsapp" and not is_window_open(conversation.last_inbound_at, now):
        return WINDOW_CLOSED
    return ""


WINDOW_CLOSED = (
    "WhatsApp takes free-form messages only within 24 hours of the contact's last one; "
    "send an approved template."
)


def is_window_open(last_inbound_at: datetime | None, now: datetime) -> bool:
    """Whether WhatsApp takes a free-form message to this contact now."""
    return last_inbound_at is not None and now - last_inbound_at < WHATSAPP_WINDOW


def _is_closed(head: Head, now: datetime) -> bool:
    """Whether the window is closed to this message; a template may go out at any time."""
    return "content_sid" not in head.content and not is_window_open(head.last_inbound_at, now)


def _is_held(head: Head, now: datetime) -> bool:
    # A turn that hands over says so to the contact: those words still go out.
    if head.holder != Holder.OPERATOR or not head.held_by:
        return False
    return head.held_until is None or head.held_until > now
