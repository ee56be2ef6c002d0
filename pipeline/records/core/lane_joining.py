"""Two lanes become one: their leases end or move, so that nobody works on half of a contact."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, case, delete, select, update

from pipeline.enums import Direction
from pipeline.records.base import among
from pipeline.records.core import lanes, leases
from pipeline.records.core.lanes import Lane


def existing(connection: Connection, keys: Collection[str]) -> set[str]:
    """Those of these keys that have an inbound lane, so that there may be work in it."""
    query = select(Lane.key).where(Lane.direction == Direction.INBOUND)
    return set(connection.execute(query.where(among(connection, Lane.key, keys))).scalars())


def join_inbound(connection: Connection, into: str, other: str, now: datetime) -> None:
    """End the leases of both locked lanes, whose running turns are discarded and run again."""
    restart(connection, into, now)
    _remove(connection, Direction.INBOUND, other)


def restart(connection: Connection, key: str, now: datetime) -> None:
    """End the lease of an inbound lane, if it has one, and make the lane due."""
    lanes.note(connection, Direction.INBOUND, [key], now)
    connection.execute(
        update(Lane)
        .where(Lane.direction == Direction.INBOUND, Lane.key == key)
        .values(
            token=None,
            due_at=now,
            has_more=True,
            attempts=case((Lane.token.is_not(None), Lane.attempts - 1), else_=Lane.attempts),
        )
    )


def join_outbound(connection: Connection, into: str, other: str, now: datetime) -> None:
    """Let a lane have what another one has to send.

    While a message of the other one is with the provider, the lane waits as that one did: until its
    lease ends, so that nothing overtakes the message (promise P6).
    """
    leases.lock(connection, Direction.OUTBOUND, [into, other])
    both = (Lane.direction == Direction.OUTBOUND, among(connection, Lane.key, [into, other]))
    rows = {row.key: row for row in connection.execute(select(Lane.__table__).where(*both))}
    if other not in rows:
        return
    lanes.note(connection, Direction.OUTBOUND, [into], now)
    lease = rows[other]
    if lease.token and not (into in rows and rows[into].token):
        taken = update(Lane).where(Lane.direction == Direction.OUTBOUND, Lane.key == into)
        connection.execute(taken.values(token=lease.token, due_at=lease.due_at, has_more=True))
    else:
        lanes.wake(connection, Direction.OUTBOUND, [into], now)
    _remove(connection, Direction.OUTBOUND, other)


def is_sending(connection: Connection, key: str) -> bool:
    """Whether an outbound lane is leased: a message may be with the provider right now."""
    query = select(Lane.token).where(Lane.direction == Direction.OUTBOUND, Lane.key == key)
    return connection.execute(query).scalar_one_or_none() is not None


def _remove(connection: Connection, direction: Direction, key: str) -> None:
    connection.execute(delete(Lane).where(Lane.direction == direction, Lane.key == key))
