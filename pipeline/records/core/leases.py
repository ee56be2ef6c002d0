"""Leases: only the process that holds a lane's token may work on it, until the lease expires.

The statements of each batch are built once: building one takes about as long as the database needs
to answer it.
"""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Update,
    and_,
    bindparam,
    case,
    select,
    update,
)

from pipeline.enums import Direction
from pipeline.records import bulk
from pipeline.records.base import among, any_of, fetch
from pipeline.records.core.lanes import IS_FREE, IS_LEASED, Lane


class Postponed(NamedTuple):
    """A lane to continue later, after so many failed attempts; `blocked_by` is a sender."""

    key: str
    due_at: datetime
    attempts: int = 0
    blocked_by: str | None = None


class Lease(NamedTuple):
    """A claim on lanes: its token, when it was made, and when it expires."""

    token: uuid.UUID
    now: datetime
    until: datetime


class Leased(NamedTuple):
    """A lane that was leased, and how often its head was tried before."""

    key: str
    attempts: int


def claim(
    connection: Connection,
    direction: Direction,
    lease: Lease,
    *,
    limit: int,
    is_expired: bool = False,
) -> list[Leased]:
    """Lease up to `limit` due lanes, the longest due first.

    With `is_expired`, only lanes whose previous lease expired.
    """
    asked = {"now": lease.now, "most": limit}
    rows = fetch(connection, _due(direction, is_expired), Leased._make, asked)
    if rows:
        _lease(connection, direction, lease, [row.key for row in rows])
    return rows


@cache
def _due(direction: Direction, is_expired: bool) -> Select[str, int]:
    return (
        select(Lane.key, Lane.attempts)
        .where(Lane.direction == direction, Lane.due_at <= bindparam("now"))
        .where(IS_LEASED if is_expired else IS_FREE)
        .order_by(Lane.due_at)
        .limit(bindparam("most"))
        # Two processes that claim at once each get different lanes.
        .with_for_update(skip_locked=True)
    )


def _lease(
    connection: Connection, direction: Direction, lease: Lease, keys: Collection[str]
) -> None:
    leased = {"keys": list(keys), "leased_to": lease.token, "until": lease.until}
    connection.execute(_leasing(connection.dialect.name, direction), leased)


@cache
def _leasing(dialect: str, direction: Direction) -> Update:
    return (
        update(Lane)
        .where(Lane.direction == direction, any_of(dialect, Lane.key, "keys"))
        .values(
            token=bindparam("leased_to"),
            due_at=bindparam("until"),
            has_more=False,
            attempts=Lane.attempts + 1,
            blocked_by=None,
        )
    )


def _held(dialect: str, direction: Direction) -> ColumnElement[bool]:
    """Lanes of these `keys` that are leased under the token `held`."""
    # With "=" the index of leased lanes would serve, and that holds every lease since the last
    # vacuum: a handful of keys is found by the primary key.
    is_ours = Lane.token.is_not_distinct_from(bindparam("held", type_=Lane.token.type))
    return and_(Lane.direction == direction, any_of(dialect, Lane.key, "keys"), is_ours)


def lock_held(
    connection: Connection, direction: Direction, token: uuid.UUID, keys: Collection[str]
) -> set[str]:
    """Lock, in key order, those of the lanes whose lease is still ours."""
    query = _locking_held(connection.dialect.name, direction)
    return set(connection.execute(query, {"keys": list(keys), "held": token}).scalars())


@cache
def _locking_held(dialect: str, direction: Direction) -> Select[Any]:
    return _locking(_held(dialect, direction))


def lock(connection: Connection, direction: Direction, keys: Collection[str]) -> None:
    """Lock lanes in key order, leased or not."""
    these = and_(Lane.direction == direction, among(connection, Lane.key, keys))
    list(connection.execute(_locking(these)).all())


def _locking(these: ColumnElement[bool]) -> Select[Any]:
    return select(Lane.key).where(these).order_by(Lane.key).with_for_update(key_share=True)


def renew(
    connection: Connection,
    direction: Direction,
    token: uuid.UUID,
    keys: Collection[str],
    until: datetime,
) -> None:
    """Push the end of leases that are still ours."""
    renewed = update(Lane).where(_held(connection.dialect.name, direction)).values(due_at=until)
    connection.execute(renewed, {"keys": list(keys), "held": token})


def release(
    connection: Connection,
    direction: Direction,
    token: uuid.UUID,
    keys: Collection[str],
    now: datetime,
) -> None:
    """End leases after success: due at once if work came meanwhile, else idle."""
    ended = {"keys": list(keys), "held": token, "now": now}
    connection.execute(_releasing(connection.dialect.name, direction), ended)


@cache
def _releasing(dialect: str, direction: Direction) -> Update:
    due_at = case((Lane.has_more, bindparam("now", type_=Lane.due_at.type)))
    return (
        update(Lane).where(_held(dialect, direction)).values(token=None, attempts=0, due_at=due_at)
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


def return_unstarted(
    connection: Connection,
    direction: Direction,
    token: uuid.UUID,
    keys: Collection[str],
    now: datetime,
) -> None:
    """End leases of lanes that were not started: due at once, and no attempt is counted."""
    returned = (
        update(Lane)
        .where(_held(connection.dialect.name, direction))
        .values(token=None, due_at=now, attempts=Lane.attempts - 1)
    )
    connection.execute(returned, {"keys": list(keys), "held": token})
