"""Totals for a front page: kept as they change, or counted up to a limit; quick at any size."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, func, literal, select, text

from pipeline.records import tallies
from pipeline.records.inbox import Entry
from pipeline.records.messages import PENDING_SQL, Message

MOST = 10_000


@dataclass(frozen=True, slots=True)
class Totals:
    """How many there are; of what waits and is parked at most MOST + 1, which means "more"."""

    contacts: int
    open_conversations: int
    waiting_inbound: int
    waiting_outbound: int
    parked: int


def totals(connection: Connection) -> Totals:
    """The totals now."""
    one = select(literal(1))
    return Totals(
        contacts=sum(tallies.of(connection, tallies.CONTACTS).values()),
        open_conversations=sum(tallies.of(connection, tallies.STATE).values()),
        waiting_inbound=_up_to_most(
            connection, one.select_from(Entry).where(text("inbox.status = 'waiting'"))
        ),
        waiting_outbound=_up_to_most(
            connection, one.select_from(Message).where(text(f"message.{PENDING_SQL}"))
        ),
        parked=_up_to_most(
            connection, one.select_from(Entry).where(text("inbox.status = 'parked'"))
        ),
    )


def _up_to_most(connection: Connection, rows: Select[Any]) -> int:
    some = rows.limit(MOST + 1).subquery()
    return connection.execute(select(func.count()).select_from(some)).scalar_one()
