"""Recording: what came of sends and look-ups, in batches, and when each lane goes on.

An answer with a provider id is recorded however late it comes; everything else only while the
lease is ours.
"""

import random
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, Row
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from pipeline import crash
from pipeline.crash import Point
from pipeline.database import Database
from pipeline.dispatch.claim import LOOK_AFTER, Claimed, sender_of
from pipeline.dispatch.send import LookedUp, Sent
from pipeline.enums import STATUS_RANK, Direction, Status
from pipeline.errors import ContactOptedOut, MessageRefused, NotSent, SenderBlocked
from pipeline.messages import Accepted
from pipeline.records.core import contacts, leases, messages, outbox, senders

log = structlog.get_logger(__name__)

MAX_BACK_OFF_SECONDS = 300.0
LOOK_AGAIN = timedelta(seconds=20)
LOOKS = 2
SETTLE_WITHIN = timedelta(seconds=80)
PATIENCE_SECONDS = 45.0

Result = Sent | LookedUp


@dataclass(slots=True)
class _Plan:
    """What one batch of results comes to. Lanes that are not `held` any more stay as they are."""

    held: set[str]
    changes: list[dict[str, Any]] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)
    postponed: list[tuple[str, datetime, int, str | None]] = field(default_factory=list)
    outcomes: defaultdict[str, senders.Outcomes] = field(
        default_factory=lambda: defaultdict(senders.Outcomes)
    )
    opted_out: list[tuple[uuid.UUID, str]] = field(default_factory=list)

    def later(self, head: Row[Any], due_at: datetime, attempts: int, by: str | None = None) -> None:
        if head.key in self.held:
            self.postponed.append((head.key, due_at, attempts, by))

    def settled(self, head: Row[Any], now: datetime) -> None:
        """This message is done with; its lane goes on, at once if more waits."""
        if head.has_next:
            self.later(head, now, 0)
        else:
            self.finished.append(head.key)

    def count(self, head: Row[Any], **more: Any) -> None:
        sender = sender_of(head)
        before = self.outcomes[sender]
        counted = {
            name: (value if name == "blocked" else getattr(before, name) + value)
            for name, value in more.items()
        }
        self.outcomes[sender] = before._replace(**counted)


def record(
    database: Database,
    results: Sequence[tuple[Claimed, Result]],
    sender_rate: float,
    is_stopping: Callable[[], bool],
) -> None:
    """Record results, waiting up to PATIENCE_SECONDS for a database that is away.

    What is lost with the process after that is `unknown`, and settled by look-up.
    """
    by_token: defaultdict[uuid.UUID, list[Result]] = defaultdict(list)
    for claimed, result in results:
        by_token[claimed.token].append(result)
    watched = {sender for claimed, _ in results for sender in claimed.watched_senders}
    deadline = time.monotonic() + PATIENCE_SECONDS
    pause = 0.05
    groups = list(by_token.items())
    while groups:
        token, group = groups[-1]
        try:
            _record_together(database, token, group, sender_rate, watched)
            groups.pop()
        except IntegrityError as error:
            groups[-1:] = _apart(token, group, error)
        except SQLAlchemyError as error:
            log.warning("recording sends failed", error=type(error).__name__)
            if time.monotonic() > deadline or (is_stopping() and pause > 0.5):
                return
            time.sleep(pause)
            pause = min(pause * 2, 1.0)


def _apart(
    token: uuid.UUID, group: Sequence[Result], error: IntegrityError
) -> list[tuple[uuid.UUID, list[Result]]]:
    """Each by itself: a provider that gave an id twice must not take good answers with it."""
    if len(group) == 1:
        log.error("the provider's answer cannot be recorded", exc_info=error)
        return []
    return [(token, [result]) for result in reversed(group)]


def _record_together(
    database: Database,
    token: uuid.UUID,
    results: Sequence[Result],
    sender_rate: float,
    watched: set[str],
) -> None:
    with database.write() as connection:
        now = database.now(connection)
        keys = [result.head.key for result in results]
        held = leases.lock_held(connection, Direction.OUTBOUND, token, keys)
        current = outbox.lock(connection, [result.head.id for result in results])
        plan = _Plan(held)
        for result in results:
            _plan(plan, connection, result, current[result.head.id], now)
        _write(connection, token, plan, now)
        learning = {
            sender: outcome
            for sender, outcome in plan.outcomes.items()
            if outcome.is_trouble or sender in watched
        }
        if learning:
            senders.note_outcomes(connection, learning, sender_rate, now)
        crash.point(Point.DISPATCH_RECORDING)
    crash.point(Point.DISPATCH_RECORDED)


def _plan(
    plan: _Plan, connection: Connection, result: Result, row: Row[Any], now: datetime
) -> None:
    is_ours = result.head.key in plan.held
    if isinstance(result, Sent) and isinstance(result.result, Accepted):
        _plan_accepted(plan, result.head, row, result.result, now)
    elif isinstance(result, Sent) and is_ours:
        _plan_error(plan, result, row, now)
    elif isinstance(result, LookedUp) and is_ours:
        _plan_looked_up(plan, connection, result, row, now)


def _write(connection: Connection, token: uuid.UUID, plan: _Plan, now: datetime) -> None:
    if plan.changes:
        outbox.save(connection, plan.changes)
    if plan.finished:
        leases.release(connection, Direction.OUTBOUND, token, plan.finished, now)
    if plan.postponed:
        leases.postpone(connection, Direction.OUTBOUND, plan.postponed)
    for contact_id, where in plan.opted_out:
        contacts.set_opt_out(connection, contact_id, where, now)


def _plan_accepted(
    plan: _Plan, head: Row[Any], row: Row[Any], accepted: Accepted, now: datetime
) -> None:
    plan.count(head, succeeded=1)
    plan.settled(head, now)
    if row.provider_id not in {None, accepted.provider_id}:
        # A callback has settled an earlier attempt of this message meanwhile: it went out twice.
        log.warning("message sent twice", message=str(row.public_id))
        return
    values: dict[str, Any] = {"provider_id": accepted.provider_id, "segments": accepted.segments}
    if STATUS_RANK[row.status] < STATUS_RANK[accepted.status]:
        values |= {"status": accepted.status, "error": "", "error_code": ""}
    plan.changes.append(outbox.change(row, now, **values))


def _plan_error(plan: _Plan, sent: Sent, row: Row[Any], now: datetime) -> None:
    head, error = sent.head, sent.result
    assert not isinstance(error, Accepted)  # noqa: S101 (tells the type checker)
    if row.status != Status.SENDING:
        plan.settled(head, now)  # a callback was quicker and knows better
        return
    words: dict[str, Any] = {"error": error.reason, "error_code": error.code or ""}
    if isinstance(error, NotSent):
        is_failure = error.blames_sender and not error.slow_down
        plan.count(head, slowed_down=int(error.slow_down), failed=int(is_failure))
        pause = max(error.retry_after, _back_off(row.attempts))
        plan.changes.append(outbox.change(row, now, status=Status.QUEUED, **words))
        plan.later(head, now + timedelta(seconds=pause), row.attempts)
    elif isinstance(error, SenderBlocked):
        plan.count(head, blocked=f"{error.reason} ({error.code})")
        plan.changes.append(outbox.change(row, now, status=Status.QUEUED, **words))
        plan.later(head, now + senders.PROBE_BLOCKED_AFTER, row.attempts, sender_of(head))
    elif isinstance(error, MessageRefused):
        is_opt_out = isinstance(error, ContactOptedOut)
        status = Status.SUPPRESSED if is_opt_out else Status.FAILED
        if is_opt_out:
            plan.opted_out.append((row.contact_id, contacts.scope(row.channel, row.our_number)))
        plan.changes.append(outbox.change(row, now, status=status, **words))
        plan.settled(head, now)
    else:
        plan.count(head, failed=1)
        plan.changes.append(outbox.change(row, now, status=Status.UNKNOWN, looks=0, **words))
        plan.later(head, row.attempted_at + LOOK_AFTER, row.attempts)


def _plan_looked_up(
    plan: _Plan, connection: Connection, looked: LookedUp, row: Row[Any], now: datetime
) -> None:
    head = looked.head
    if row.status != Status.UNKNOWN:
        plan.settled(head, now)  # a callback was quicker
        return
    found = [] if not isinstance(looked.result, list) else looked.result
    taken = messages.known_provider_ids(connection, [item.provider_id for item in found])
    ours = [item for item in found if item.provider_id not in taken]
    if ours:
        # The earliest that no other message claims: the replies before ours have theirs.
        item = ours[-1]
        change = outbox.change(
            row, now, status=Status.ACCEPTED, provider_id=item.provider_id, error="", error_code=""
        )
        plan.changes.append(change)
        plan.settled(head, now)
        return
    looks = row.looks + isinstance(looked.result, list)
    last_look_at = row.attempted_at + SETTLE_WITHIN
    if looks >= LOOKS or now >= last_look_at:
        plan.changes.append(outbox.change(row, now, status=Status.QUEUED, looks=max(looks, 1)))
        plan.later(head, now, row.attempts)
    else:
        plan.changes.append(outbox.change(row, now, looks=looks))
        plan.later(head, min(now + LOOK_AGAIN, last_look_at), row.attempts)


def _back_off(attempts: int) -> float:
    """Full jitter over 2, 4, 8 … 300 seconds.

    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """
    return random.uniform(0.1, min(2.0 ** min(attempts, 10), MAX_BACK_OFF_SECONDS))  # noqa: S311 (not a secret)
