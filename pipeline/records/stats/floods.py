"""Floods: contacts with more waiting messages than allowed.

Receive locks nothing and counts nothing, so a flood is found afterwards, by the clock.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Row, Select, func, select, update
from sqlalchemy.orm import aliased

from pipeline.enums import EntryKind, EntryStatus
from pipeline.records.base import among, count_up_to, literally
from pipeline.records.core.inbox import IS_WAITING, Entry

# A contact who floods us has written recently. The clock checks the newest entries often, and all
# entries now and then.
NEWEST = 2_000


def lately(connection: Connection, most: int) -> list[str]:
    """Lanes in which more than `most` entries wait, among those that the NEWEST entries are of.

    Its cost depends on NEWEST and not on the backlog.
    """
    some = select(Entry.id).where(IS_WAITING)
    if count_up_to(connection, some, most + 1) <= most:
        return []
    newest = select(func.max(Entry.id)).scalar_subquery() - NEWEST
    lanes = select(Entry.lane).where(Entry.id > newest, IS_WAITING).distinct().subquery()
    waiting = aliased(Entry, name="waiting")
    is_waiting = waiting.status == literally(EntryStatus.WAITING)
    one_more = (
        select(waiting.id)
        .where(waiting.lane == lanes.c.lane, is_waiting)
        .order_by(waiting.id)
        .offset(most)
        .limit(1)
        .correlate(lanes)
        .scalar_subquery()
    )
    return list(connection.execute(select(lanes.c.lane).where(one_more.is_not(None))).scalars())


def everywhere(connection: Connection, most: int) -> list[str]:
    """Every lane in which more than `most` entries wait; it reads an index of the whole backlog."""
    query = select(Entry.lane).where(IS_WAITING).group_by(Entry.lane)
    return list(connection.execute(query.having(func.count() > most)).scalars())


def last_to_wait(connection: Connection, lane: str, most: int) -> int | None:
    """The last of the `most` oldest waiting entries of a lane; None where fewer wait."""
    return connection.execute(_waiting(lane).offset(most - 1).limit(1)).scalar()


def park(
    connection: Connection, lane: str, after: int, limit: int, why: tuple[str, datetime]
) -> int:
    """Park up to `limit` messages of a locked lane that wait behind an entry; returns how many.

    STOP, timers, and entries that were tried before or retried by an operator keep waiting.
    """
    error, now = why
    query = _waiting(lane).where(
        Entry.id > after, Entry.kind == EntryKind.MESSAGE, Entry.error == ""
    )
    # A claim locks entries before their lane; those are parked at the next look.
    rows: Sequence[Row[int]] = connection.execute(
        query.limit(limit).with_for_update(skip_locked=True)
    ).all()
    parked = (
        update(Entry)
        .where(among(connection, Entry.id, [row.id for row in rows]))
        .values(status=EntryStatus.PARKED, error=error, handled_at=now, is_filed=True)
    )
    return connection.execute(parked).rowcount if rows else 0


def _waiting(lane: str) -> Select[int]:
    return select(Entry.id).where(Entry.lane == lane, IS_WAITING).order_by(Entry.id)
