"""Sending: one call to the provider and what came of it; no transaction is open meanwhile.

Next: record.py writes the results in batches.
"""

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import Row

from pipeline import crash
from pipeline.crash import Point
from pipeline.errors import NotSent, OutcomeUnknown, SendError
from pipeline.messages import Accepted, Outbound
from pipeline.providers.base import Found, Provider

log = structlog.get_logger(__name__)
# A call that begins later than this after the claim may outlive its lease.
BEGIN_WITHIN_SECONDS = 2.0
_CLOCKS_DIFFER_BY = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Sent:
    """The result of handing over one message: taken, or the error that says what to do."""

    head: Row[Any]
    result: Accepted | SendError


@dataclass(frozen=True, slots=True)
class LookedUp:
    """The result of looking for one message: what the provider has, or why it cannot look."""

    head: Row[Any]
    result: list[Found] | SendError


def send(provider: Provider, head: Row[Any], claimed_at: float) -> Sent:
    """Hand one message over; every outcome is a value."""
    if time.monotonic() - claimed_at > BEGIN_WITHIN_SECONDS:
        busy = NotSent("The sender was too busy to begin in time.", blames_sender=False)
        return Sent(head, busy)
    try:
        sent = Sent(head, provider.send(envelope(head, head.attempts + 1)))
    except SendError as error:
        return Sent(head, error)
    except Exception as error:
        log.exception("provider failed unexpectedly")
        return Sent(head, OutcomeUnknown(f"{type(error).__name__} in the provider's code"))
    crash.point(Point.DISPATCH_CALLED)
    return sent


def look_up(provider: Provider, head: Row[Any]) -> LookedUp:
    """Ask the provider for a message whose outcome nobody knows."""
    since = head.attempted_at - _CLOCKS_DIFFER_BY
    try:
        found = LookedUp(head, list(provider.find(envelope(head, head.attempts), since)))
    except SendError as error:
        return LookedUp(head, error)
    except Exception as error:
        log.exception("provider failed unexpectedly")
        return LookedUp(head, OutcomeUnknown(f"{type(error).__name__} in the provider's code"))
    crash.point(Point.DISPATCH_LOOKED_UP)
    return found


def envelope(head: Row[Any], attempt: int) -> Outbound:
    """The message as the provider takes it."""
    return Outbound(
        message_id=str(head.public_id),
        attempt=attempt,
        channel=head.channel,
        recipient=head.phone or head.key,
        sender=head.our_number,
        body=head.body,
        media_urls=tuple(item["url"] for item in head.media),
        content=head.content,
    )
