"""Entries on their way into a lane: those that are new, and those that change lanes."""

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select, update

from pipeline.enums import EntryKind
from pipeline.records import bulk
from pipeline.records.base import among, fetch
from pipeline.records.core.aliases import LaneAlias
from pipeline.records.core.entries import Waiting, parse
from pipeline.records.core.inbox import IS_PARKED, IS_WAITING, UNFILED, Entry

_NEW = (
    select(Entry.id, Entry.kind, Entry.lane, Entry.names, LaneAlias.lane, LaneAlias.is_pinned)
    .outerjoin(LaneAlias, LaneAlias.key == Entry.lane)
    .where(UNFILED)
    .order_by(Entry.id)
    .limit(bindparam("most"))
    .with_for_update(of=Entry, skip_locked=True)
)


class New(NamedTuple):
    """An entry that is in no lane yet; `alias` is the lane that its key stands for, if any."""

    id: int
    kind: EntryKind
    key: str
    names: str | None
    alias: str | None
    is_pinned: bool | None


def new(connection: Connection, limit: int) -> list[New]:
    """Lock the oldest entries that are in no lane yet."""
    return fetch(connection, _NEW, New._make, {"most": limit})


def file(connection: Connection, lanes: Mapping[int, str], moved: Mapping[int, str]) -> None:
    """Put new entries into their lanes; those `moved` came with another key than their lane's."""
    filed = update(Entry).where(among(connection, Entry.id, list(lanes)))
    connection.execute(filed.values(is_filed=True))
    relabel(connection, moved)


def relabel(connection: Connection, lanes: Mapping[int, str]) -> None:
    """Put entries into these lanes."""
    if lanes:
        rows = [{"id": entry_id, "lane": lane} for entry_id, lane in lanes.items()]
        bulk.change(connection, Entry, rows)


def move(connection: Connection, lane: str, into: str) -> int:
    """Put what waits or is parked in a lane into another one; returns how many entries."""
    open_ones = (IS_WAITING, IS_PARKED)
    return sum(
        connection.execute(
            update(Entry).where(Entry.lane == lane, is_open).values(lane=into)
        ).rowcount
        for is_open in open_ones
    )


def open_of(connection: Connection, lane: str) -> list[Waiting]:
    """Lock every entry that waits or is parked in a lane."""
    found = []
    for is_open in (IS_WAITING, IS_PARKED):
        query = select(Entry.__table__).where(Entry.lane == lane, is_open).order_by(Entry.id)
        found += [parse(row) for row in connection.execute(query.with_for_update())]
    return found
