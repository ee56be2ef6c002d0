"""Timers: state timeouts and reminders as durable rows; the clock moves due ones to the inbox."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    ForeignKey,
    Index,
    and_,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.enums import Holder, TimerKind
from pipeline.jsons import JsonObject
from pipeline.records import bulk
from pipeline.records.base import Record, SerialId, among, any_of, columns, fetch, fetch_one
from pipeline.records.core.conversations import Conversation

# Those that move the conversation to another state.
LEADING = frozenset({TimerKind.TIMEOUT, TimerKind.REMINDER})


class Timer(Record):
    """`name` is its kind. `state_seq` is the stay in a state that armed it."""

    __tablename__ = "timer"
    __table_args__ = (
        Index("ix_timer_conversation", "conversation_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[SerialId]
    conversation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("conversation.id"))
    lane: Mapped[str]
    name: Mapped[TimerKind]
    to_state: Mapped[str]
    state_seq: Mapped[int]
    armed_at: Mapped[datetime]
    due_at: Mapped[datetime] = mapped_column(index=True)


class TimerRow(NamedTuple):
    """A timer as it is read."""

    id: int
    conversation_id: uuid.UUID
    lane: str
    name: TimerKind
    to_state: str
    state_seq: int
    armed_at: datetime
    due_at: datetime


_TIMERS = select(*columns(Timer, TimerRow))


def cancel(
    connection: Connection, conversation_ids: Collection[uuid.UUID], kinds: frozenset[TimerKind]
) -> None:
    """Delete the timers of these kinds of conversations."""
    gone = {"ids": list(conversation_ids), "kinds": [str(kind) for kind in kinds]}
    connection.execute(_cancelling(connection.dialect.name), gone)


@cache
def _cancelling(dialect: str) -> Delete:
    return delete(Timer).where(
        any_of(dialect, Timer.conversation_id, "ids"), any_of(dialect, Timer.name, "kinds")
    )


def arm(connection: Connection, rows: Sequence[JsonObject]) -> None:
    """Set timers."""
    bulk.add(connection, Timer, rows)


def take_due(connection: Connection, now: datetime, limit: int) -> list[TimerRow]:
    """Remove due timers and return them, the longest due first."""
    query = _TIMERS.where(*_is_due(now)).order_by(Timer.due_at, Timer.id).limit(limit)
    rows = fetch(connection, query.with_for_update(skip_locked=True), TimerRow._make)
    if rows:
        connection.execute(
            delete(Timer).where(among(connection, Timer.id, [row.id for row in rows]))
        )
    return rows


def has_due(connection: Connection, now: datetime) -> bool:
    """Whether a timer is due."""
    return connection.execute(select(Timer.id).where(*_is_due(now)).limit(1)).first() is not None


def _is_due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """A reminder waits for the end of a take-over: it is said only once."""
    is_open = or_(Conversation.held_until.is_(None), Conversation.held_until > now)
    held = select(Conversation.id).where(
        Conversation.id == Timer.conversation_id, Conversation.holder != Holder.BOT, is_open
    )
    return Timer.due_at <= now, ~and_(Timer.name == TimerKind.REMINDER, held.exists())


def pending_of(connection: Connection, conversation_id: uuid.UUID) -> list[TimerRow]:
    """The timers of a conversation, the next first."""
    query = _TIMERS.where(Timer.conversation_id == conversation_id)
    return fetch(connection, query.order_by(Timer.due_at, Timer.id), TimerRow._make)


def by_id(connection: Connection, timer_id: int) -> TimerRow | None:
    """One timer that has not fallen due."""
    return fetch_one(connection, _TIMERS.where(Timer.id == timer_id), TimerRow._make)


def remove(connection: Connection, timer_id: int) -> int:
    """Delete one timer; returns how many there were."""
    return connection.execute(delete(Timer).where(Timer.id == timer_id)).rowcount


def targets(connection: Connection) -> dict[str, int]:
    """The states that pending timers lead to, with the number of timers."""
    query = (
        select(Timer.to_state, func.count())
        .where(Timer.name.in_([str(kind) for kind in LEADING]))
        .group_by(Timer.to_state)
    )
    return {row[0]: int(row[1]) for row in connection.execute(query)}


def retarget(connection: Connection, old: str, new: str) -> int:
    """Let the timers that lead to one state lead to another; returns how many."""
    leading = update(Timer).where(
        Timer.to_state == old, Timer.name.in_([str(kind) for kind in LEADING])
    )
    return connection.execute(leading.values(to_state=new)).rowcount


def next_of(connection: Connection, conversation_id: uuid.UUID) -> TimerRow | None:
    """The timer of a conversation that falls due first."""
    query = _TIMERS.where(Timer.conversation_id == conversation_id)
    return fetch_one(connection, query.order_by(Timer.due_at, Timer.id).limit(1), TimerRow._make)
