"""Timers: state timeouts and reminders as durable rows; the clock moves due ones to the inbox."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, ForeignKey, Row, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.records import bulk
from pipeline.records.base import Record, SerialId, among


class Timer(Record):
    """`name` is "timeout" or "remind:STATE"; `state_seq` is the stay in a state that armed it."""

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


def disarm(connection: Connection, conversation_ids: Sequence[uuid.UUID], name: str = "") -> None:
    """Delete timers of conversations: those called `name`, or all."""
    gone = delete(Timer).where(among(connection, Timer.conversation_id, conversation_ids))
    connection.execute(gone.where(Timer.name == name) if name else gone)


def arm(connection: Connection, timers: Sequence[dict[str, Any]]) -> None:
    """Set timers; one of the same name replaces the earlier one."""
    for name in {timer["name"] for timer in timers}:
        disarm(connection, [t["conversation_id"] for t in timers if t["name"] == name], name)
    bulk.add(connection, Timer, timers)


def take_due(connection: Connection, now: datetime, limit: int) -> list[Row[Any]]:
    """Remove due timers and return them, the longest due first."""
    query = select(Timer.__table__).where(Timer.due_at <= now).order_by(Timer.due_at).limit(limit)
    rows = list(connection.execute(query.with_for_update(skip_locked=True)).all())
    if rows:
        connection.execute(
            delete(Timer).where(among(connection, Timer.id, [row.id for row in rows]))
        )
    return rows


def has_due(connection: Connection, now: datetime) -> bool:
    """Whether a timer is due."""
    return (
        connection.execute(select(Timer.id).where(Timer.due_at <= now).limit(1)).first() is not None
    )
