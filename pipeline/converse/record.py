"""Recording: all pending changes of a batch in one transaction, fenced by lease and version.

If the lease is lost or the conversation's version has changed, the lane's changes are discarded and
its turns run again. Next: the caller wakes dispatch.
"""

import time
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from pipeline import crash
from pipeline.conversation.pending import Failure
from pipeline.conversation.turns import MAX_ATTEMPTS
from pipeline.conversation.values import Conversation
from pipeline.converse.work import LaneTurns, Work
from pipeline.crash import Point
from pipeline.database import Database
from pipeline.enums import Direction, EntryKind, EntryStatus
from pipeline.records.core import conversations, inbox, leases, messages, parked
from pipeline.records.saving import LostFenceError, save, save_failure
from pipeline.transient import is_transient

log = structlog.get_logger(__name__)
PATIENCE_SECONDS = 45.0
BACK_OFF_SECONDS = (1, 5, 25, 120)

Failed = Callable[[Work, Failure], LaneTurns]


def record(
    database: Database,
    token: uuid.UUID,
    batch: Sequence[LaneTurns],
    is_stopping: Callable[[], bool],
    failed: Failed,
) -> None:
    """Record the batch, waiting up to PATIENCE_SECONDS for a database that is away.

    After any other error, lanes are recorded one by one; for the one that fails, the result of
    `failed` is recorded instead.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    pause = 0.05
    while True:
        try:
            _record_together(database, token, batch)
        except (SQLAlchemyError, LostFenceError, ValueError, TypeError) as error:
            log.warning("recording turns failed", lanes=len(batch), error=type(error).__name__)
            if not is_transient(error):
                _isolate(database, token, batch, error, (is_stopping, failed))
            # The turns are not at fault. If our leases expire meanwhile, the token fences us.
            elif not is_stopping() and time.monotonic() <= deadline:
                time.sleep(pause)
                pause = min(pause * 2, 1.0)
                continue
        return


def _isolate(
    database: Database,
    token: uuid.UUID,
    batch: Sequence[LaneTurns],
    error: Exception,
    how: tuple[Callable[[], bool], Failed],
) -> None:
    """Record lanes one by one, so that one bad lane does not affect the others."""
    if len(batch) > 1:
        for turns in batch:
            record(database, token, [turns], *how)
        return
    try:
        _blame(database, token, batch[0], error, how[1])
    except SQLAlchemyError as worse:
        # Its lease will expire, which counts as an attempt.
        log.warning("a failed turn cannot be recorded", error=type(worse).__name__)


def _record_together(database: Database, token: uuid.UUID, batch: Sequence[LaneTurns]) -> None:
    with database.write() as connection:
        now = database.now(connection)
        keys = [turns.work.key for turns in batch]
        held = leases.lock_held(connection, Direction.INBOUND, token, keys)
        mine = [turns for turns in batch if turns.work.key in held]
        current = _with_current_versions(connection, mine)
        if lost := [turns.work.key for turns in mine if turns not in current]:
            leases.return_unstarted(connection, Direction.INBOUND, token, lost, now)
        if current:
            save(connection, [turns.pending for turns in current], now)
            _release(connection, token, current, now)
        crash.point(Point.CONVERSE_RECORDING)
    crash.point(Point.CONVERSE_RECORDED)


def _with_current_versions(connection: Connection, batch: Sequence[LaneTurns]) -> list[LaneTurns]:
    changed = {c.id: c.version for turns in batch for c in _changed(turns)}
    found = conversations.lock(connection, list(changed)) if changed else {}
    return [turns for turns in batch if all(found.get(c.id) == c.version for c in _changed(turns))]


def _changed(turns: LaneTurns) -> list[Conversation]:
    """The known conversations that the lane's turns have changed."""
    return [c for c in turns.pending.conversations if c.changes.is_any and not c.is_new]


def _release(
    connection: Connection, token: uuid.UUID, batch: Sequence[LaneTurns], now: datetime
) -> None:
    done = [t.work.key for t in batch if not t.pending.failure and not t.has_rest]
    if done:
        leases.release(connection, Direction.INBOUND, token, done, now)
    waiting: list[tuple[str, datetime, int, str | None]] = []
    recovering: list[tuple[str, datetime, int, str | None]] = []
    for turns in batch:
        failure = turns.pending.failure
        if failure and not failure.is_final:
            pause = BACK_OFF_SECONDS[min(failure.attempt, len(BACK_OFF_SECONDS)) - 1]
            due_at = now + timedelta(seconds=pause)
            waiting.append((turns.work.key, due_at, failure.attempt, None))
        elif failure or turns.has_rest:
            more = recovering if turns.work.is_recovery else waiting
            # Waiting for more messages of one turn does not count as a failed attempt.
            tried = turns.work.attempt - 1 if turns.wait_until and not turns.taken else 0
            more.append((turns.work.key, turns.wait_until or now, tried, None))
    if waiting:
        leases.postpone(connection, Direction.INBOUND, waiting)
    if recovering:
        # Keep it marked as a recovery: the entry that killed the worker may still be in the lane.
        leases.postpone(connection, Direction.INBOUND, recovering, token=token)


def _blame(
    database: Database,
    token: uuid.UUID,
    turns: LaneTurns,
    error: Exception,
    failed: Failed,
) -> None:
    """Record a failure for the one lane that cannot be recorded."""
    key = turns.work.key
    with database.write() as connection:
        now = database.now(connection)
        if not leases.lock_held(connection, Direction.INBOUND, token, [key]):
            return
        left = None
        if turns.taken and not isinstance(error, IntegrityError | LostFenceError):
            left = failed(turns.work, _failure(turns, error))
        if left and _with_current_versions(connection, [left]):
            _write_left(connection, left, now)
            _release(connection, token, [left], now)
            crash.point(Point.CONVERSE_BLAMING)
            return
        # Another process created the same contact or settled the entry: try again.
        _ignore_repeated(connection, turns, now)
        leases.return_unstarted(connection, Direction.INBOUND, token, [key], now)


def _failure(turns: LaneTurns, error: Exception) -> Failure:
    attempt = turns.work.attempt
    text = f"The turn's changes could not be saved: {type(error).__name__}: {error}"
    return Failure((), attempt, text[:2000], attempt >= MAX_ATTEMPTS)


def _write_left(connection: Connection, left: LaneTurns, now: datetime) -> None:
    try:
        with connection.begin_nested():
            save(connection, [left.pending], now)
    except (SQLAlchemyError, ValueError, TypeError):
        # The message itself cannot be recorded; its entry keeps it.
        if failure := left.pending.failure:
            known = {conversation.id for conversation in left.work.conversations}
            where = failure.conversation_id if failure.conversation_id in known else None
            save_failure(connection, failure._replace(conversation_id=where), now)


def _ignore_repeated(connection: Connection, turns: LaneTurns, now: datetime) -> None:
    """Ignore messages that the log already contains, although their inbox key was pruned.

    A message logged when this same turn failed is not ignored: its turn still has to run.
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
