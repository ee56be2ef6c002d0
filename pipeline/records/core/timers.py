"""Timers: state timeouts and reminders as durable rows; the clock moves due ones to the inbox."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    ForeignKey,
    Row,
    UniqueConstraint,
    and_,
    delete,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.enums import Holder
from pipeline.records import bulk
from pipeline.records.base import Record, SerialId, among
from pipeline.records.core.conversations import Conversation

TIMEOUT = "timeout"
# Words for a contact who is silent; the state stays.
NUDGE = "nudge"
# The end of a timed take-over: it belongs to the holder, so leaving the state does not cancel it.
RELEASE = "give_back"


class Timer(Record):
    """`name` is "timeout", "nudge", "remind:STATE" or "give_back".

    `state_seq` is the stay in a state that armed it.
    """

    __tablename__ = "timer"
    __table_args__ = (
        UniqueConstraint("conversation_id", "name"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[SerialId]
    conversation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("conversation.id"))
    lane: Mapped[str]
    name: Mapped[str]
    to_state: Mapped[str]
    state_seq: Mapped[int]
    armed_at: Mapped[datetime]
    due_at: Mapped[datetime] = mapped_column(index=True)


def row(
    conversation_id: uuid.UUID,
    lane: str,
    name: str,
    stay: tuple[str, int],
    now: datetime,
    after: timedelta,
) -> dict[str, Any]:
    """The row of a timer; `stay` is the state it leads to and the `state_seq` that arms it."""
    to_state, state_seq = stay
    return {
        "conversation_id": conversation_id,
        "lane": lane,
        "name": name,
        "to_state": to_state,
        "state_seq": state_seq,
        "armed_at": now,
        "due_at": now + after,
    }


def alarms(
    alarms_of_state: Iterable[tuple[str, timedelta, str]],
    whose: tuple[uuid.UUID, str],
    state_seq: int,
    now: datetime,
) -> list[dict[str, Any]]:
    """The rows of a state's own timers: (name, after, to state); `whose`: conversation, lane."""
    return [
        row(*whose, name, (to_state, state_seq), now, after)
        for name, after, to_state in alarms_of_state
    ]


def disarm(connection: Connection, conversation_ids: Collection[uuid.UUID], *names: str) -> None:
    """Delete timers of conversations: those with these names, or all that their state armed."""
    gone = delete(Timer).where(among(connection, Timer.conversation_id, conversation_ids))
    connection.execute(gone.where(Timer.name.in_(names) if names else Timer.name != RELEASE))


def arm(connection: Connection, timers: Sequence[dict[str, Any]]) -> None:
    """Set timers; one of the same name replaces the earlier one."""
    for name in {timer["name"] for timer in timers}:
        disarm(connection, [t["conversation_id"] for t in timers if t["name"] == name], name)
    bulk.add(connection, Timer, timers)


def take_due(connection: Connection, now: datetime, limit: int) -> list[Row[Any]]:
    """Remove due timers and return them, the longest due first."""
    query = select(Timer.__table__).where(*_is_due(now)).order_by(Timer.due_at).limit(limit)
    rows = list(connection.execute(query.with_for_update(skip_locked=True)).all())
    if rows:
        connection.execute(
            delete(Timer).where(among(connection, Timer.id, [row.id for row in rows]))
        )
    return rows


def has_due(connection: Connection, now: datetime) -> bool:
    """Whether a timer is due."""
    return connection.execute(select(Timer.id).where(*_is_due(now)).limit(1)).first() is not None


def _is_due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """A reminder waits until the operator who holds the talk is done: it is said only once."""
    is_open = or_(Conversation.held_until.is_(None), Conversation.held_until > now)
    held = select(Conversation.id).where(
        Conversation.id == Timer.conversation_id, Conversation.holder != Holder.BOT, is_open
    )
    return Timer.due_at <= now, ~and_(Timer.name.startswith("remind:"), held.exists())


def next_of(connection: Connection, conversation_id: uuid.UUID) -> Row[Any] | None:
    """The timer of a conversation that falls due first."""
    query = select(Timer.__table__).where(Timer.conversation_id == conversation_id)
    return connection.execute(query.order_by(Timer.due_at, Timer.id).limit(1)).one_or_none()
