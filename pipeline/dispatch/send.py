"""Sending: one call to the provider and its result, with no transaction open.

Next: record.py writes the results in batches.
"""

import time
from dataclasses import dataclass
from datetime import timedelta

import structlog

from pipeline import crash
from pipeline.crash import Point
from pipeline.errors import NotStarted, OutcomeUnknown, SendError
from pipeline.messages import Accepted, Outbound
from pipeline.providers.base import Found, Provider
from pipeline.records.core.outbox import Head

log = structlog.get_logger(__name__)
# A call that starts later than this after the claim may outlive its lease.
BEGIN_WITHIN_SECONDS = 2.0
_UNEXPECTED = "{} in the provider's code"
_CLOCKS_DIFFER_BY = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Sent:
    """The result of one send: accepted, or the error that decides what to do next."""

    head: Head
    result: Accepted | SendError


@dataclass(frozen=True, slots=True)
class LookedUp:
    """The result of one look-up: the messages that the provider has, or why it could not look."""

    head: Head
    result: list[Found] | SendError


def send(provider: Provider, head: Head, claimed_at: float) -> Sent:
    """Send one message; every outcome is returned as a value."""
    if time.monotonic() - claimed_at > BEGIN_WITHIN_SECONDS:
        return Sent(head, NotStarted())
    try:
        sent = Sent(head, provider.send(envelope(head, head.delivery.attempts + 1)))
    except SendError as error:
        return Sent(head, error)
    except Exception as error:
        log.exception("provider failed unexpectedly", message=str(head.delivery.public_id))
        return Sent(head, OutcomeUnknown(_UNEXPECTED.format(type(error).__name__)))
    crash.point(Point.DISPATCH_CALLED)
    return sent


def look_up(provider: Provider, head: Head) -> LookedUp:
    """Ask the provider for a message with an unknown outcome."""
    since = head.delivery.begun_at - _CLOCKS_DIFFER_BY
    try:
        found = list(provider.find(envelope(head, head.delivery.attempts), since))
    except SendError as error:
        return LookedUp(head, error)
    except Exception as error:
        log.exception("provider failed unexpectedly", message=str(head.delivery.public_id))
        return LookedUp(head, OutcomeUnknown(_UNEXPECTED.format(type(error).__name__)))
    crash.point(Point.DISPATCH_LOOKED_UP)
    return LookedUp(head, found)


def envelope(head: Head, attempt: int) -> Outbound:
    """The message in the form that the provider's `send` and `find` expect."""
    return Outbound(
        message_id=str(head.delivery.public_id),
        attempt=attempt,
        channel=head.delivery.channel,
        recipient=head.recipient,
        sender=head.delivery.our_number,
        body=head.body,
        media_urls=tuple(item["url"] for item in head.media),
        content=head.content,
    )
