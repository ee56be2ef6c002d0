"""Gates: what keeps an outbound message from being sent, checked at the moment of sending.

STOP is honoured here, whoever wrote the message and whenever it was queued; only the answer to the
STOP itself passes.
"""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Row

from pipeline.conversation.values import Contact, Conversation
from pipeline.enums import Holder, Status
from pipeline.records.core.contacts import scope

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


def refusal(head: Row[Any], now: datetime) -> Refusal | None:
    """Why this outbound message (a row of `outbox.heads`) must not be sent now, or None."""
    if head.is_blocked:
        return Refusal(Status.SUPPRESSED, "The contact is blocked.")
    is_consent = CONSENT in head.content
    if not is_consent and scope(head.channel, head.our_number) in head.opt_outs:
        return Refusal(Status.SUPPRESSED, "The contact has asked not to be messaged (STOP).")
    if not is_consent and head.author == "bot" and _is_held(head, now):
        return Refusal(Status.CANCELED, "An operator took the conversation before this was sent.")
    if head.expires_at and head.expires_at <= now:
        return Refusal(Status.EXPIRED, "It could not be sent in time.")
    if not is_consent and head.channel == "whatsapp" and _is_closed(head, now):
        return Refusal(Status.EXPIRED, WINDOW_CLOSED)
    return None


def why_not_to_write(
    contact: Contact | Row[Any], conversation: Conversation | Row[Any], now: datetime
) -> str:
    """Why an operator's words would be refused here; "" when they would not."""
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


def _is_closed(head: Row[Any], now: datetime) -> bool:
    """Whether the window is closed to this message; a template may go out at any time."""
    return "content_sid" not in head.content and not is_window_open(head.last_inbound_at, now)


def _is_held(head: Row[Any], now: datetime) -> bool:
    # A turn that hands over says so to the contact: those words still go out.
    if head.holder != Holder.OPERATOR or not head.held_by:
        return False
    return head.held_until is None or head.held_until > now
