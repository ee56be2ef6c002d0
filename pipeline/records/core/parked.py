"""Parked entries: turns that are not tried again by themselves, until an operator acts."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, case, select, update

from pipeline.enums import EntryKind, EntryStatus
from pipeline.records.base import among
from pipeline.records.core.entries import Waiting, parse
from pipeline.records.core.inbox import IS_PARKED, Entry


def after(connection: Connection, entry_id: int, limit: int, lane: str = "") -> list[Waiting]:
    """Parked entries that came after this one, in one lane or in all, in the order they came."""
    query = select(Entry.__table__).where(IS_PARKED, Entry.id > entry_id)
    if lane:
        query = query.where(Entry.lane == lane)
    return [parse(row) for row in connection.execute(query.order_by(Entry.id).limit(limit))]


def take_up(connection: Connection, entry_ids: Sequence[int], logged: Collection[int]) -> int:
    """Let parked entries wait for a turn again; those `logged` are in the log. Returns how many.

    Each keeps its error, by which floods.py knows that somebody wants its turn.
    """
    again = (
        update(Entry)
        .where(among(connection, Entry.id, entry_ids), IS_PARKED)
        .values(
            status=EntryStatus.WAITING,
            kind=case((among(connection, Entry.id, logged), EntryKind.RERUN), else_=Entry.kind),
            attempts=0,
            handled_at=None,
        )
    )
    return connection.execute(again).rowcount


def mark_rerun(connection: Connection, entry_ids: Collection[int]) -> None:
    """Note of messages that wait for a turn that they are in the log."""
    marked = (
        update(Entry).where(among(connection, Entry.id, entry_ids)).values(kind=EntryKind.RERUN)
    )
    connection.execute(marked)


def ignore(connection: Connection, entry_id: int, now: datetime) -> int:
    """Give a parked entry up for good; returns how many were parked still."""
    ignored = (
        update(Entry)
        .where(Entry.id == entry_id, IS_PARKED)
        .values(status=EntryStatus.IGNORED, handled_at=now)
    )
    return connection.execute(ignored).rowcount
