"""Gates: what keeps an outbound message from being sent, checked at the moment of sending.

STOP is honoured here for every message, however it was queued, except for the answer to the STOP.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple, Protocol

from pipeline.conversation.consent import CONSENT, OPTED_OUT, is_opted_out
from pipeline.conversation.rules import TAKEN_OVER
from pipeline.conversation.window import is_free_form
from pipeline.enums import Holder, Status
from pipeline.providers.addresses import UNREACHABLE, is_reachable
from pipeline.providers.base import UNLIMITED, Limits
from pipeline.records.core.outbox import Head


class Refusal(NamedTuple):
    """The final status of a message that must not be sent, and why, in plain words."""

    status: Status
    reason: str


def refusal(head: Head, now: datetime, limits: Limits) -> Refusal | None:
    """Why this outbound message must not be sent now, or None."""
    if head.is_blocked:
        return Refusal(Status.SUPPRESSED, "The contact is blocked.")
    if not is_reachable(head.delivery.channel, head.recipient):
        return Refusal(Status.SUPPRESSED, UNREACHABLE)
    is_consent = CONSENT in head.content
    channel, our_number = head.delivery.channel, head.delivery.our_number
    if not is_consent and is_opted_out(head.opt_outs, channel, our_number):
        return Refusal(Status.SUPPRESSED, OPTED_OUT)
    if not is_consent and head.author == "bot" and _is_held(head, now):
        return Refusal(Status.CANCELED, TAKEN_OVER)
    expires_at = head.delivery.expires_at
    if expires_at and expires_at <= now:
        return Refusal(Status.EXPIRED, "It could not be sent in time.")
    # A template may go out at any time.
    if not is_consent and is_free_form(head.content):
        on_channel = limits.get(head.delivery.channel, UNLIMITED)
        closed = on_channel.refusal(head.last_inbound_at, now)
        return Refusal(Status.EXPIRED, closed) if closed else None
    return None


class Recipient(Protocol):
    """What decides whether a contact may be written to."""

    @property
    def key(self) -> str: ...

    @property
    def phone(self) -> str | None: ...

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
    def address(self) -> str | None: ...

    @property
    def last_inbound_at(self) -> datetime | None: ...


def why_not_to_write(
    contact: Recipient,
    conversation: Window,
    now: datetime,
    limits: Limits,
    *,
    is_template: bool = False,
    has_refused: bool = False,
) -> str:
    """Why an operator's message would be refused here; "" if it would not.

    `has_refused`: the provider said that its window is closed, since the contact last wrote.
    """
    if contact.is_blocked:
        return "The contact is blocked."
    address = conversation.address or contact.phone or contact.key
    if not is_reachable(conversation.channel, address):
        return UNREACHABLE
    if is_opted_out(contact.opt_outs, conversation.channel, conversation.our_number):
        return OPTED_OUT
    if is_template:
        return ""
    heard_at = None if has_refused else conversation.last_inbound_at
    return limits.get(conversation.channel, UNLIMITED).refusal(heard_at, now)


def _is_held(head: Head, now: datetime) -> bool:
    # A turn that hands over says so to the contact: those words still go out.
    if head.holder != Holder.OPERATOR or not head.held_by:
        return False
    return head.held_until is None or head.held_until > now
