"""Plans what to record after sends and look-ups: each message's status, each lane's next due time.

An answer with a provider id counts even if it is late; every other result counts only while we hold
the lease. record.py writes the plan.
"""

import random
import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from pipeline.conversation.consent import scope
from pipeline.dispatch.claim import RECONCILE_AFTER, sender_of
from pipeline.dispatch.send import LookedUp, Sent
from pipeline.enums import STATUS_RANK, Status
from pipeline.errors import (
    ContactOptedOut,
    MessageRefused,
    NotSent,
    NotStarted,
    SenderBlocked,
    SendError,
)
from pipeline.messages import Accepted
from pipeline.records.core import messages, senders
from pipeline.records.core.leases import Postponed
from pipeline.records.core.outbox import Delivery, Head

log = structlog.get_logger(__name__)

MAX_BACK_OFF_SECONDS = 300.0
RECONCILE_AGAIN = timedelta(seconds=20)
RECONCILE_ATTEMPTS = 2
SETTLE_WITHIN = timedelta(seconds=80)
# Not at once, or a process that has no time for calls would do nothing else than claim them.
NOT_STARTED_PAUSE = timedelta(seconds=0.25)

Result = Sent | LookedUp


@dataclass(slots=True)
class Plan:
    """What one batch of results comes to. Lanes that are not `held` any more stay as they are."""

    held: set[str]
    changes: list[Delivery] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)
    postponed: list[Postponed] = field(default_factory=list)
    outcomes: defaultdict[str, senders.Outcomes] = field(
        default_factory=lambda: defaultdict(senders.Outcomes)
    )
    opted_out: list[tuple[uuid.UUID, str]] = field(default_factory=list)

    def postpone(self, head: Head, due_at: datetime, attempts: int, by: str | None = None) -> None:
        if head.key in self.held:
            self.postponed.append(Postponed(head.key, due_at, attempts, by))

    def finish(self, head: Head, now: datetime) -> None:
        """Finish this message; its lane is due again at once if more messages wait, else idle."""
        if head.has_next:
            self.postpone(head, now, 0)
        else:
            self.finished.append(head.key)

    def count(self, head: Head, outcome: senders.Outcomes) -> None:
        self.outcomes[sender_of(head.delivery)] += outcome


def add_result(
    plan: Plan, connection: Connection, result: Result, current: Delivery, now: datetime
) -> None:
    """Add the consequences of one result; `current` is the message as it is stored now."""
    is_ours = result.head.key in plan.held
    if isinstance(result, LookedUp):
        if is_ours:
            _plan_looked_up(plan, connection, result, current, now)
    elif isinstance(result.result, Accepted):
        _plan_accepted(plan, result.head, current, result.result, now)
    elif is_ours and current.status != Status.SENDING:
        plan.finish(result.head, now)  # a callback was quicker and knows better
    elif is_ours:
        _plan_error(plan, result.head, current, result.result, now)


def _plan_accepted(
    plan: Plan, head: Head, current: Delivery, accepted: Accepted, now: datetime
) -> None:
    plan.count(head, senders.Outcomes(succeeded=1))
    plan.finish(head, now)
    if current.provider_id not in {None, accepted.provider_id}:
        # A callback has settled an earlier attempt of this message meanwhile: it went out twice.
        log.warning("message sent twice", message=str(current.public_id))
        return
    taken = current._replace(provider_id=accepted.provider_id, segments=accepted.segments)
    if STATUS_RANK[current.status] < STATUS_RANK[accepted.status]:
        taken = taken._replace(status=accepted.status, error="", error_code="")
    plan.changes.append(taken.since(current, now))


def _plan_error(plan: Plan, head: Head, current: Delivery, error: SendError, now: datetime) -> None:
    if isinstance(error, NotStarted):
        # As it was before the claim: nothing was sent, so nothing counts.
        plan.changes.append(head.delivery.since(current, now))
        plan.postpone(head, now + NOT_STARTED_PAUSE, head.delivery.attempts)
        return
    _log(current, error)
    failed = current._replace(error=error.reason, error_code=error.code or "")
    if isinstance(error, NotSent):
        failures = int(error.blames_sender and not error.slow_down)
        plan.count(head, senders.Outcomes(slowed_down=int(error.slow_down), failed=failures))
        pause = timedelta(seconds=max(error.retry_after, _back_off(current.attempts)))
        failed = failed._replace(status=Status.QUEUED)
        plan.postpone(head, now + pause, current.attempts)
    elif isinstance(error, SenderBlocked):
        plan.count(head, senders.Outcomes(blocked=f"{error.reason} ({error.code})"))
        failed = failed._replace(status=Status.QUEUED)
        due_at = now + senders.PROBE_BLOCKED_AFTER
        plan.postpone(head, due_at, current.attempts, sender_of(current))
    elif isinstance(error, MessageRefused):
        failed = failed._replace(status=Status.FAILED)
        if isinstance(error, ContactOptedOut):
            failed = failed._replace(status=Status.SUPPRESSED)
            plan.opted_out.append((current.contact_id, _scope_of(current)))
        plan.finish(head, now)
    else:
        plan.count(head, senders.Outcomes(failed=1))
        failed = failed._replace(status=Status.UNKNOWN, reconcile_attempts=0)
        plan.postpone(head, current.begun_at + RECONCILE_AFTER, current.attempts)
    plan.changes.append(failed.since(current, now))


def _scope_of(delivery: Delivery) -> str:
    return scope(delivery.channel, delivery.our_number)


def _log(delivery: Delivery, error: SendError) -> None:
    """One line for each failed attempt, with the id that leads to the message."""
    is_final = isinstance(error, MessageRefused)
    log.warning(
        "send failed" if is_final else "send failed, to be tried again",
        message=str(delivery.public_id),
        attempt=delivery.attempts,
        reason=error.reason,
        code=error.code or "",
        kind=type(error).__name__,
    )


def _plan_looked_up(
    plan: Plan, connection: Connection, looked: LookedUp, current: Delivery, now: datetime
) -> None:
    head = looked.head
    if current.status != Status.UNKNOWN:
        plan.finish(head, now)  # a callback was quicker
        return
    found = looked.result if isinstance(looked.result, list) else []
    known = messages.known_provider_ids(connection, [item.provider_id for item in found])
    ours = [item for item in found if item.provider_id not in known]
    attempts = current.reconcile_attempts + isinstance(looked.result, list)
    until = current.begun_at + SETTLE_WITHIN
    if ours:
        # The earliest that no other message claims: the replies before ours have theirs.
        settled = current._replace(
            status=Status.ACCEPTED, provider_id=ours[-1].provider_id, error="", error_code=""
        )
        plan.finish(head, now)
    elif attempts >= RECONCILE_ATTEMPTS or now >= until:
        settled = current._replace(status=Status.QUEUED, reconcile_attempts=max(attempts, 1))
        plan.postpone(head, now, current.attempts)
    else:
        settled = current._replace(reconcile_attempts=attempts)
        plan.postpone(head, min(now + RECONCILE_AGAIN, until), current.attempts)
    plan.changes.append(settled.since(current, now))


def _back_off(attempts: int) -> float:
    """Full jitter over 2, 4, 8 … 300 seconds.

    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """
    return random.uniform(0.1, min(2.0 ** min(attempts, 10), MAX_BACK_OFF_SECONDS))  # noqa: S311 (not a secret)
