"""Lanes: one contact's queue in one direction, who works on it, and when it is due.

`due_at` is the one thing a claim looks at: now for fresh work, later for a back-off, the end of
the lease for a lane in work, None for an idle one. So a lane whose worker died falls due by itself.
"""

import uuid
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import (
    Connection,
    case,
    func,
    literal_column,
    select,
    true,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.enums import Direction
from pipeline.records import bulk
from pipeline.records.base import Record, among, partial_index


class Lane(Record):
    """`token` is the lease: only who holds it may record. `attempts` counts claims of the head.

    `has_more` says that work came while the lane was leased; `blocked_by` names the sender whose
    circuit it waits for.
    """

    __tablename__ = "lane"
    __table_args__ = (
        partial_index(
            "ix_lane_due", "direction", "due_at", where="due_at IS NOT NULL AND token IS NULL"
        ),
        partial_index("ix_lane_leased", "direction", "due_at", where="token IS NOT NULL"),
        partial_index("ix_lane_blocked", "blocked_by", where="blocked_by IS NOT NULL"),
    )

    direction: Mapped[Direction] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    token: Mapped[uuid.UUID | None]
    due_at: Mapped[datetime | None]
    has_more: Mapped[bool] = mapped_column(default=False)
    attempts: Mapped[int] = mapped_column(default=0)
    blocked_by: Mapped[str | None]


# Each has a partial index.
IS_FREE = Lane.due_at.is_not(None) & Lane.token.is_(None)
IS_LEASED = Lane.token.is_not(None)
# "excluded" is the row that could not be inserted.
_NOTED: bulk.Expressions = (
    ("has_more", true()),
    ("due_at", func.coalesce(Lane.due_at, literal_column("excluded.due_at"))),
)


def note(
    connection: Connection, direction: Direction, keys: Collection[str], now: datetime
) -> None:
    """Mark lanes as having work, in key order; leased or backed-off lanes keep their due time."""
    rows = [{"direction": direction, "key": key, "due_at": now} for key in sorted(keys)]
    bulk.add(connection, Lane, rows, on_known=_NOTED)


def wake(
    connection: Connection, direction: Direction, keys: Collection[str], now: datetime
) -> None:
    """Make free lanes due now and reset their attempts; mark leased lanes as having more work."""
    connection.execute(
        update(Lane)
        .where(Lane.direction == direction, among(connection, Lane.key, keys))
        .values(
            has_more=True,
            due_at=case((Lane.token.is_(None), now), else_=Lane.due_at),
            attempts=case((Lane.token.is_(None), 0), else_=Lane.attempts),
        )
    )


def end_back_off(
    connection: Connection, direction: Direction, keys: Collection[str], now: datetime
) -> None:
    """Make free lanes due now that wait for another attempt; the attempts so far still count."""
    connection.execute(
        update(Lane)
        .where(Lane.direction == direction, among(connection, Lane.key, keys))
        .where(Lane.token.is_(None), Lane.due_at > now)
        .values(due_at=now)
    )


def unblock(connection: Connection, sender: str, now: datetime) -> None:
    """Make the lanes due that waited for this sender's circuit."""
    connection.execute(
        update(Lane)
        .where(Lane.blocked_by == sender, Lane.token.is_(None))
        .values(due_at=now, blocked_by=None)
    )


def has_due(connection: Connection, direction: Direction, now: datetime) -> bool:
    """Whether any lane waits for a worker, an expired lease included."""
    for condition in (IS_FREE, IS_LEASED):
        query = select(Lane.key).where(Lane.direction == direction, Lane.due_at <= now, condition)
        if connection.execute(query.limit(1)).first():
            return True
    return False
