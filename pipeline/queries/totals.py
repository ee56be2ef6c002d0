"""Totals for a front page: kept as they change, or counted up to a limit; quick at any size."""

from dataclasses import dataclass

from sqlalchemy import Connection, literal, select, text

from pipeline.records.base import count_up_to
from pipeline.records.core.inbox import Entry
from pipeline.records.core.messages import PENDING_SQL, Message
from pipeline.records.stats import tallies

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
        waiting_inbound=count_up_to(
            connection, one.select_from(Entry).where(text("inbox.status = 'waiting'")), MOST + 1
        ),
        waiting_outbound=count_up_to(
            connection, one.select_from(Message).where(text(f"message.{PENDING_SQL}")), MOST + 1
        ),
        parked=count_up_to(
            connection, one.select_from(Entry).where(text("inbox.status = 'parked'")), MOST + 1
        ),
    )
