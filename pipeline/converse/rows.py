"""Rows: what the turns of a batch come to, written in the transaction that record.py opened."""

from collections.abc import Sequence
from datetime import datetime

import structlog
from sqlalchemy import Connection

from pipeline.converse.effects import Failure, LaneTurns
from pipeline.enums import Direction, EntryStatus
from pipeline.errors import ParleyError
from pipeline.records.core import (
    contacts,
    conversations,
    inbox,
    messages,
    outbox,
    timers,
    transitions,
)

log = structlog.get_logger(__name__)


class LostFenceError(ParleyError):
    """Something changed under these turns; they are thrown away and taken again."""


def write(connection: Connection, batch: Sequence[LaneTurns], now: datetime) -> None:
    """Write every effect of lanes whose fences hold. Raises LostFenceError if an entry does not."""
    _write_contacts_and_conversations(connection, batch, now)
    sending = {
        turns.work.key
        for turns in batch
        if any(row["direction"] == Direction.OUTBOUND for row in turns.messages)
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
    if handled and inbox.settle(connection, handled, EntryStatus.HANDLED, now) != len(handled):
        raise LostFenceError
    for turns in batch:
        if turns.failure:
            write_failure(connection, turns.failure, now)
    _write_seen(connection, batch)


def _write_contacts_and_conversations(
    connection: Connection, batch: Sequence[LaneTurns], now: datetime
) -> None:
    people = [turns.contact for turns in batch if turns.contact]
    if new := [contact.values(now) for contact in people if contact.is_new]:
        contacts.create(connection, new)
    touched = [(t.contact, c) for t in batch for c in t.conversations if t.contact and c.is_touched]
    # The old ones first: a contact has one open conversation on a channel and number.
    if known := [talk for _, talk in touched if not talk.is_new]:
        before = {talk.id: talk.loaded_state for talk in known}
        conversations.save(connection, [talk.change() for talk in known], before)
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
        timers.disarm(connection, stayed, timers.TIMEOUT, timers.NUDGE)
    # A turn that leaves the others alone may set one, too.
    armed = [timer for turns in batch for talk in turns.conversations for timer in talk.timers]
    if armed:
        timers.arm(connection, armed)


def write_failure(connection: Connection, failure: Failure, now: datetime) -> None:
    """Note a failed turn on its entries; a final one is parked."""
    for entry_id in failure.entry_ids:
        inbox.fail(
            connection,
            entry_id,
            attempts=failure.attempt,
            error=failure.error,
            parked_at=now if failure.is_final else None,
        )
    log.error("turn parked" if failure.is_final else "turn failed", attempt=failure.attempt)
