"""Recording: every effect of a batch in one transaction, fenced by lease and version.

A lane whose lease or whose conversation's version is not ours any more leaves no trace and is run
again. Next: the caller wakes dispatch.
"""

import time
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError, OperationalError, SQLAlchemyError

from pipeline import crash
from pipeline.converse.claim import Work
from pipeline.converse.effects import Failure, LaneTurns
from pipeline.converse.rows import LostFenceError, write, write_failure
from pipeline.converse.turns import MAX_ATTEMPTS
from pipeline.crash import Point
from pipeline.database import Database
from pipeline.enums import Direction, EntryKind, EntryStatus
from pipeline.records.core import conversations, inbox, leases, messages, parked

log = structlog.get_logger(__name__)
PATIENCE_SECONDS = 45.0
BACK_OFF_SECONDS = (1, 5, 25, 120)

GivenUp = Callable[[Work, Failure], LaneTurns]


def record(
    database: Database,
    token: uuid.UUID,
    batch: Sequence[LaneTurns],
    is_stopping: Callable[[], bool],
    given_up: GivenUp,
) -> None:
    """Record the batch, waiting up to PATIENCE_SECONDS for a database that is away.

    When that fails, lanes are one by one; the guilty one leaves what `given_up` makes of it.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    pause = 0.05
    while True:
        try:
            _record_together(database, token, batch)
        except OperationalError as error:
            # It says nothing about the turns. If our leases run out meanwhile, the token fences us.
            log.warning("recording turns failed", lanes=len(batch), error=type(error).__name__)
            if not is_stopping() and time.monotonic() <= deadline:
                time.sleep(pause)
                pause = min(pause * 2, 1.0)
                continue
        except (SQLAlchemyError, LostFenceError, ValueError, TypeError) as error:
            if len(batch) == 1:
                _blame(database, token, batch[0], error, given_up)
            else:
                for turns in batch:
                    record(database, token, [turns], is_stopping, given_up)
        return


def _record_together(database: Database, token: uuid.UUID, batch: Sequence[LaneTurns]) -> None:
    with database.write() as connection:
        now = database.now(connection)
        keys = [turns.work.key for turns in batch]
        held = leases.lock_held(connection, Direction.INBOUND, token, keys)
        mine = [turns for turns in batch if turns.work.key in held]
        current = _with_current_versions(connection, mine)
        if lost := [turns.work.key for turns in mine if turns not in current]:
            leases.give_back(connection, Direction.INBOUND, token, lost, now)
        if current:
            write(connection, current, now)
            _release(connection, token, current, now)
        crash.point(Point.CONVERSE_RECORDING)
    crash.point(Point.CONVERSE_RECORDED)


def _with_current_versions(connection: Connection, batch: Sequence[LaneTurns]) -> list[LaneTurns]:
    touched = {
        c.id: c.version for t in batch for c in t.conversations if c.is_touched and not c.is_new
    }
    found = conversations.lock(connection, list(touched)) if touched else {}
    return [
        turns
        for turns in batch
        if all(
            found.get(c.id) == c.version
            for c in turns.conversations
            if c.is_touched and not c.is_new
        )
    ]


def _release(
    connection: Connection, token: uuid.UUID, batch: Sequence[LaneTurns], now: datetime
) -> None:
    done = [turns.work.key for turns in batch if not turns.failure and not turns.has_rest]
    if done:
        leases.release(connection, Direction.INBOUND, token, done, now)
    waiting: list[tuple[str, datetime, int, str | None]] = []
    recovering: list[tuple[str, datetime, int, str | None]] = []
    for turns in batch:
        if turns.failure and not turns.failure.is_final:
            pause = BACK_OFF_SECONDS[min(turns.failure.attempt, len(BACK_OFF_SECONDS)) - 1]
            due_at, tried = now + timedelta(seconds=pause), turns.failure.attempt
            waiting.append((turns.work.key, due_at, tried, None))
        elif turns.failure or turns.has_rest:
            more = recovering if turns.work.is_recovery else waiting
            # That more of a burst is waited for is no failed try.
            tried = turns.work.attempt - 1 if turns.wait_until and not turns.handled else 0
            more.append((turns.work.key, turns.wait_until or now, tried, None))
    if waiting:
        leases.postpone(connection, Direction.INBOUND, waiting)
    if recovering:
        # Still as if its worker had not come back: what killed it may be further down the lane.
        leases.postpone(connection, Direction.INBOUND, recovering, token=token)


def _blame(
    database: Database,
    token: uuid.UUID,
    turns: LaneTurns,
    error: Exception,
    given_up: GivenUp,
) -> None:
    """Deal with the one lane that cannot be recorded."""
    key = turns.work.key
    with database.write() as connection:
        now = database.now(connection)
        if not leases.lock_held(connection, Direction.INBOUND, token, [key]):
            return
        left = None
        if turns.handled and not isinstance(error, IntegrityError | LostFenceError):
            left = given_up(turns.work, _failure(turns, error))
        if left and _with_current_versions(connection, [left]):
            _write_left(connection, left, now)
            _release(connection, token, [left], now)
            crash.point(Point.CONVERSE_BLAMING)
            return
        # Somebody else created the same contact or settled the entry: look again.
        _ignore_repeated(connection, turns, now)
        leases.give_back(connection, Direction.INBOUND, token, [key], now)


def _failure(turns: LaneTurns, error: Exception) -> Failure:
    attempt = turns.work.attempt
    text = f"The turn's effects cannot be recorded: {type(error).__name__}: {error}"
    return Failure((), attempt, text[:2000], attempt >= MAX_ATTEMPTS)


def _write_left(connection: Connection, left: LaneTurns, now: datetime) -> None:
    try:
        with connection.begin_nested():
            write(connection, [left], now)
    except (SQLAlchemyError, ValueError, TypeError):
        # The message itself is what cannot be recorded; its entry keeps it.
        if left.failure:
            write_failure(connection, left.failure, now)


def _ignore_repeated(connection: Connection, turns: LaneTurns, now: datetime) -> None:
    """A message that the log has already, though its key was pruned, is no turn any more.

    One that was logged when this very turn was parked still is.
    """
    heard = {
        e.provider_id: e.id
        for e in turns.work.entries
        if e.kind in {EntryKind.MESSAGE, EntryKind.LATE}
    }
    known = messages.known_provider_ids(connection, list(heard))
    own = messages.logged_turns(connection, list(heard.values()))
    if own:
        parked.mark_rerun(connection, own)
    if repeated := [heard[provider_id] for provider_id in known if heard[provider_id] not in own]:
        inbox.settle(connection, repeated, EntryStatus.IGNORED, now)
        log.warning("repeated messages ignored", count=len(repeated))
