"""Failed entries: parked ones, which are not tried again by themselves, and those that fail."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, case, select, update

from pipeline.conversation.pending import Failure
from pipeline.enums import EntryKind, EntryStatus
from pipeline.jsons import JsonObject
from pipeline.records.base import among
from pipeline.records.core.entries import Waiting, parse
from pipeline.records.core.inbox import HAS_FAILED_TURN, IS_FAILING, IS_PARKED, IS_WAITING, Entry


def fail(
    connection: Connection,
    entry_id: int,
    failure: Failure,
    now: datetime,
    *,
    is_logged: bool = False,
) -> None:
    """Note on an entry why its turn failed; after a final failure it is not tried again by itself.

    `is_logged`: its message is in the log from now on, so that the next attempt does not log it.
    """
    values: JsonObject = {"attempts": failure.attempt, "error": failure.error, "is_filed": True}
    if failure.is_final:
        values |= {"status": EntryStatus.PARKED, "handled_at": now}
    if failure.conversation_id:
        values["conversation_id"] = failure.conversation_id
    if is_logged:
        values["kind"] = EntryKind.RERUN
    connection.execute(update(Entry).where(Entry.id == entry_id, IS_WAITING).values(values))


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
    """Give a parked or failing entry up for good; returns how many were so still."""
    ignored = (
        update(Entry)
        .where(Entry.id == entry_id, HAS_FAILED_TURN)
        .values(status=EntryStatus.IGNORED, handled_at=now)
    )
    return connection.execute(ignored).rowcount


def is_failing(connection: Connection, entry_id: int) -> bool:
    """Whether the turn of this entry failed and waits for another attempt."""
    query = select(Entry.id).where(IS_FAILING, Entry.id == entry_id)
    return connection.execute(query).first() is not None


def failing_lanes(connection: Connection) -> set[str]:
    """The lanes in which a turn failed and waits for another attempt."""
    return set(connection.execute(select(Entry.lane).where(IS_FAILING)).scalars())
