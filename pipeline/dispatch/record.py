"""Recording: write the results of sends and look-ups in batches, and release or postpone lanes."""

import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from pipeline import crash
from pipeline.crash import Point
from pipeline.database import Database
from pipeline.dispatch.claim import Claimed
from pipeline.dispatch.plan import Plan, Result, add_result
from pipeline.enums import Direction
from pipeline.records.core import contacts, leases, outbox, senders

log = structlog.get_logger(__name__)

PATIENCE_SECONDS = 45.0


def record(
    database: Database,
    results: Sequence[tuple[Claimed, Result]],
    sender_rate: float,
    is_stopping: Callable[[], bool],
) -> None:
    """Record results, waiting up to PATIENCE_SECONDS for a database that is away.

    If the process ends before that, the messages become `unknown` and are reconciled.
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
        message = str(group[0].head.delivery.public_id)
        log.error(
            "the provider's answer cannot be recorded", message=message, error=str(error.orig)
        )
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
        current = outbox.lock(connection, [result.head.delivery.id for result in results])
        plan = Plan(held)
        for result in results:
            add_result(plan, connection, result, current[result.head.delivery.id], now)
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


def _write(connection: Connection, token: uuid.UUID, plan: Plan, now: datetime) -> None:
    if plan.changes:
        outbox.save(connection, plan.changes)
    if plan.finished:
        leases.release(connection, Direction.OUTBOUND, token, plan.finished, now)
    if plan.postponed:
        leases.postpone(connection, Direction.OUTBOUND, plan.postponed)
    for contact_id, where in plan.opted_out:
        contacts.set_opt_out(connection, contact_id, where, now)
