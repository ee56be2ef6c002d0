"""Lanes: one contact's queue in one direction, who works on it, and when it is due.

`due_at` is the one thing a claim looks at: now for fresh work, later for a back-off, the end of
the lease for a lane in work, None for an idle one. So a lane whose worker died falls due by itself.
"""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, Row, case, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.records import bulk
from pipeline.records.base import Record, Word, among, partial_index

Direction = Literal["inbound", "outbound"]
_DUE = "due_at IS NOT NULL AND token IS NULL"
_LEASED = "token IS NOT NULL"
_NOTED = {"has_more": "true", "due_at": "coalesce(lane.due_at, excluded.due_at)"}


class Lane(Record):
    """`token` is the lease: only who holds it may record. `attempts` counts claims of the head.

    `has_more` says that work came while the lane was leased; `blocked_by` names the sender whose
    circuit it waits for.
    """

    __tablename__ = "lane"
    __table_args__ = (
        partial_index("ix_lane_due", "direction", "due_at", where=_DUE),
        partial_index("ix_lane_leased", "direction", "due_at", where=_LEASED),
        partial_index("ix_lane_blocked", "blocked_by", where="blocked_by IS NOT NULL"),
    )

    direction: Mapped[Word] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    token: Mapped[uuid.UUID | None]
    due_at: Mapped[datetime | None]
    has_more: Mapped[bool] = mapped_column(default=False)
    attempts: Mapped[int] = mapped_column(default=0)
    blocked_by: Mapped[str | None]


def note(
    connection: Connection, direction: Direction, keys: Collection[str], now: datetime
) -> None:
    """Tell lanes that there is work. One in work or in back-off keeps its time; in key order."""
    rows = [{"direction": direction, "key": key, "due_at": now} for key in sorted(keys)]
    bulk.add(connection, Lane, rows, on_known=_NOTED)


class Lease(NamedTuple):
    """Who takes lanes, when, and until when nobody else may."""

    token: uuid.UUID
    now: datetime
    until: datetime


def claim(
    connection: Connection,
    direction: Direction,
    lease: Lease,
    *,
    limit: int,
    is_expired: bool = False,
) -> list[Row[Any]]:
    """Lease up to `limit` due lanes, the longest due first; rows of (key, attempts).

    With `is_expired` those whose worker did not come back before its lease ended.
    """
    query = (
        select(Lane.key, Lane.attempts)
        .where(Lane.direction == direction, Lane.due_at <= lease.now)
        .where(text(_LEASED if is_expired else _DUE))
        .order_by(Lane.due_at)
        .limit(limit)
        # Two claimers that meet on the same heads each take their own part.
        .with_for_update(skip_locked=True)
    )
    rows: list[Any] = list(connection.execute(query).all())
    if rows:
        _lease(connection, direction, lease, [row.key for row in rows])
    return rows


def _lease(
    connection: Connection, direction: Direction, lease: Lease, keys: Collection[str]
) -> None:
    connection.execute(
        update(Lane)
        .where(Lane.direction == direction, among(connection, Lane.key, keys))
        .values(
            token=lease.token,
            due_at=lease.until,
            has_more=False,
            attempts=Lane.attempts + 1,
            blocked_by=None,
        )
    )


def lock_held(
    connection: Connection, direction: Direction, token: uuid.UUID, keys: Collection[str]
) -> set[str]:
    """Lock, in key order, those of the lanes whose lease is still ours."""
    query = (
        select(Lane.key)
        .where(Lane.direction == direction, among(connection, Lane.key, keys), Lane.token == token)
        .order_by(Lane.key)
        .with_for_update(key_share=True)
    )
    return set(connection.execute(query).scalars())


def lock(connection: Connection, direction: Direction, keys: Collection[str]) -> None:
    """Lock lanes in key order, whoever holds their lease."""
    query = (
        select(Lane.key)
        .where(Lane.direction == direction, among(connection, Lane.key, keys))
        .order_by(Lane.key)
        .with_for_update(key_share=True)
    )
    list(connection.execute(query).all())


def renew(
    connection: Connection,
    direction: Direction,
    token: uuid.UUID,
    keys: Collection[str],
    until: datetime,
) -> None:
    """Push the end of leases that are still ours."""
    connection.execute(
        update(Lane)
        .where(Lane.direction == direction, among(connection, Lane.key, keys), Lane.token == token)
        .values(due_at=until)
    )


def release(
    connection: Connection,
    direction: Direction,
    token: uuid.UUID,
    keys: Collection[str],
    now: datetime,
) -> None:
    """End leases after success: due at once if work came meanwhile, else idle."""
    connection.execute(
        update(Lane)
        .where(Lane.direction == direction, among(connection, Lane.key, keys), Lane.token == token)
        .values(token=None, attempts=0, due_at=case((Lane.has_more, now)))
    )


def postpone(
    connection: Connection,
    direction: Direction,
    lanes: Sequence[tuple[str, datetime, int, str | None]],
    token: uuid.UUID | None = None,
) -> None:
    """End leases of locked lanes with work left: (key, due at, attempts, blocking sender).

    With a `token` the lease only runs out, and the lane counts as one whose worker died.
    """
    rows = [
        {
            "direction": direction,
            "key": key,
            "token": token,
            "due_at": due_at,
            "attempts": attempts,
            "blocked_by": sender,
        }
        for key, due_at, attempts, sender in lanes
    ]
    bulk.change(connection, Lane, rows, key=("direction", "key"))


def give_back(
    connection: Connection,
    direction: Direction,
    token: uuid.UUID,
    keys: Collection[str],
    now: datetime,
) -> None:
    """End leases of lanes that were not begun: due at once, and the claim does not count."""
    connection.execute(
        update(Lane)
        .where(Lane.direction == direction, among(connection, Lane.key, keys), Lane.token == token)
        .values(token=None, due_at=now, attempts=Lane.attempts - 1)
    )


def wake(
    connection: Connection, direction: Direction, keys: Collection[str], now: datetime
) -> None:
    """Make waiting lanes due now, their failures forgotten; those in work are told of more."""
    connection.execute(
        update(Lane)
        .where(Lane.direction == direction, among(connection, Lane.key, keys))
        .values(
            has_more=True,
            due_at=case((Lane.token.is_(None), now), else_=Lane.due_at),
            attempts=case((Lane.token.is_(None), 0), else_=Lane.attempts),
        )
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
    for condition in (_DUE, _LEASED):
        query = select(Lane.key).where(
            Lane.direction == direction, Lane.due_at <= now, text(condition)
        )
        if connection.execute(query.limit(1)).first():
            return True
    return False
