"""Recording: every effect of a batch in one transaction, fenced by lease and version.

A lane whose lease or whose conversation's version is not ours any more leaves no trace and is run
again. Next: the caller rings dispatch.
"""

import time
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError, OperationalError, SQLAlchemyError

from pipeline.converse.effects import Failure, LaneTurns
from pipeline.converse.turns import MAX_ATTEMPTS
from pipeline.database import Database
from pipeline.errors import ParleyError
from pipeline.records import (
    contacts,
    conversations,
    inbox,
    lanes,
    messages,
    outbox,
    timers,
    transitions,
)

log = structlog.get_logger(__name__)
PATIENCE_SECONDS = 45.0
BACK_OFF_SECONDS = (1, 5, 25, 120)


class _LostFenceError(ParleyError):
    """Something changed under these turns; they are thrown away and taken again."""


def record(
    database: Database,
    token: uuid.UUID,
    batch: Sequence[LaneTurns],
    is_stopping: Callable[[], bool],
) -> None:
    """Record the batch, waiting up to PATIENCE_SECONDS for a database that is away.

    When they cannot be recorded together, lanes are one by one and only the guilty is blamed.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    pause = 0.05
    while True:
        try:
            _record_together(database, token, batch)
            return
        except OperationalError as error:
            # It says nothing about the turns. If our leases run out meanwhile, the token fences us.
            log.warning("recording turns failed", lanes=len(batch), error=type(error).__name__)
            if is_stopping() or time.monotonic() > deadline:
                return
            time.sleep(pause)
            pause = min(pause * 2, 1.0)
        except (SQLAlchemyError, _LostFenceError, ValueError, TypeError) as error:
            if len(batch) == 1:
                _blame(database, token, batch[0], error)
            else:
                for turns in batch:
                    record(database, token, [turns], is_stopping)
            return


def _record_together(database: Database, token: uuid.UUID, batch: Sequence[LaneTurns]) -> None:
    with database.write() as connection:
        now = database.now(connection)
        keys = [turns.work.key for turns in batch]
        held = lanes.lock_held(connection, "inbound", token, keys)
        mine = [turns for turns in batch if turns.work.key in held]
        current = _with_current_versions(connection, mine)
        if lost := [turns.work.key for turns in mine if turns not in current]:
            lanes.give_back(connection, "inbound", token, lost, now)
        if current:
            _write(connection, current, now)
            _release(connection, token, current, now)


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


def _write(connection: Connection, batch: Sequence[LaneTurns], now: datetime) -> None:
    _write_contacts_and_conversations(connection, batch, now)
    sending = {
        turns.work.key
        for turns in batch
        if any(row["direction"] == "outbound" for row in turns.messages)
    }
    log_rows = [row for turns in batch for row in turns.messages]
    if sending:
        outbox.enqueue(connection, log_rows, sending, now)
    elif log_rows:
        messages.append(connection, log_rows)
    if steps := [step for turns in batch for step in turns.transitions]:
        transitions.append(connection, steps)
    _write_timers(connection, batch)
    handled = [entry_id for turns in batch for entry_id in turns.handled]
    if handled and inbox.settle(connection, handled, "handled", now) != len(handled):
        raise _LostFenceError
    for turns in batch:
        if turns.failure:
            _write_failure(connection, turns.failure, now)
    _write_seen(connection, batch)


def _write_contacts_and_conversations(
    connection: Connection, batch: Sequence[LaneTurns], now: datetime
) -> None:
    people = [turns.contact for turns in batch if turns.contact]
    if new := [contact.values(now) for contact in people if contact.is_new]:
        contacts.create(connection, new)
    touched = [(t.contact, c) for t in batch for c in t.conversations if t.contact and c.is_touched]
    # The old ones first: a contact has one open conversation on a channel and number.
    if changes := [talk.change() for _, talk in touched if not talk.is_new]:
        conversations.save(connection, changes)
    if opened := [talk.values(contact.id) for contact, talk in touched if talk.is_new]:
        conversations.create(connection, opened)


def _write_seen(connection: Connection, batch: Sequence[LaneTurns]) -> None:
    seen = [
        {"id": who.id, "last_seen_at": who.seen_at, "name": who.name}
        for who in (turns.contact for turns in batch)
        if who and who.seen_at
    ]
    if seen:
        contacts.seen(connection, seen)


def _write_timers(connection: Connection, batch: Sequence[LaneTurns]) -> None:
    talks = [talk for turns in batch for talk in turns.conversations if talk.is_rearmed]
    left = [talk.id for talk in talks if not talk.is_new and (talk.has_moved or talk.closed_at)]
    stayed = [talk.id for talk in talks if not talk.is_new and talk.id not in left]
    if left:
        timers.disarm(connection, left)
    if stayed:
        timers.disarm(connection, stayed, "timeout")
    if armed := [timer for talk in talks for timer in talk.timers]:
        timers.arm(connection, armed)


def _write_failure(connection: Connection, failure: Failure, now: datetime) -> None:
    inbox.fail(
        connection,
        failure.entry_id,
        attempts=failure.attempt,
        error=failure.error,
        parked_at=now if failure.is_final else None,
    )
    log.error("turn parked" if failure.is_final else "turn failed", attempt=failure.attempt)


def _release(
    connection: Connection, token: uuid.UUID, batch: Sequence[LaneTurns], now: datetime
) -> None:
    done = [turns.work.key for turns in batch if not turns.failure and not turns.work.has_rest]
    if done:
        lanes.release(connection, "inbound", token, done, now)
    waiting: list[tuple[str, datetime, int, str | None]] = []
    recovering: list[tuple[str, datetime, int, str | None]] = []
    for turns in batch:
        if turns.failure and not turns.failure.is_final:
            pause = BACK_OFF_SECONDS[min(turns.failure.attempt, len(BACK_OFF_SECONDS)) - 1]
            due_at, tried = now + timedelta(seconds=pause), turns.failure.attempt
            waiting.append((turns.work.key, due_at, tried, None))
        elif turns.failure or turns.work.has_rest:
            more = recovering if turns.work.is_recovery else waiting
            more.append((turns.work.key, now, 0, None))
    if waiting:
        lanes.postpone(connection, "inbound", waiting)
    if recovering:
        # Still as if its worker had not come back: what killed it may be further down the lane.
        lanes.postpone(connection, "inbound", recovering, token=token)


def _blame(database: Database, token: uuid.UUID, turns: LaneTurns, error: Exception) -> None:
    """Deal with the one lane that cannot be recorded."""
    key = turns.work.key
    with database.write() as connection:
        now = database.now(connection)
        if not lanes.lock_held(connection, "inbound", token, [key]):
            return
        if isinstance(error, IntegrityError | _LostFenceError) or not turns.handled:
            # Somebody else created the same contact or settled the entry: look again.
            _ignore_repeated(connection, turns, now)
            lanes.give_back(connection, "inbound", token, [key], now)
            return
        attempt = turns.work.attempt
        text = f"The turn's effects cannot be recorded: {type(error).__name__}: {error}"
        failure = Failure(turns.handled[0], attempt, text[:2000], attempt >= MAX_ATTEMPTS)
        _write_failure(connection, failure, now)
        blank = LaneTurns(turns.work, None, [], failure=failure)
        _release(connection, token, [blank], now)


def _ignore_repeated(connection: Connection, turns: LaneTurns, now: datetime) -> None:
    """A message that the log has already, though its key was pruned, is no turn any more."""
    heard = {e.provider_id: e.id for e in turns.work.entries if e.kind in {"message", "late"}}
    known = messages.known_provider_ids(connection, list(heard))
    if repeated := [heard[provider_id] for provider_id in known]:
        inbox.settle(connection, repeated, "ignored", now)
        log.warning("repeated messages ignored", count=len(repeated))
