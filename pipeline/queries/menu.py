"""The counts in the dashboard's menu; fast at any size, because every page loads them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, literal, select

from pipeline.queries import queues
from pipeline.records.base import count_up_to
from pipeline.records.core.inbox import IS_FAILING, IS_PARKED, Entry
from pipeline.records.core.messages import HAS_FAILED, Message
from pipeline.records.stats import tallies

MOST = 1000


@dataclass(frozen=True, slots=True)
class Menu:
    """How much there is; failures are counted up to MOST. `converse` and `dispatch` are alive."""

    conversations: int
    contacts: int
    failures: int
    are_workers_alive: bool


def menu(connection: Connection, now: datetime) -> Menu:
    """The counts now."""
    one = select(literal(1))
    parked = one.select_from(Entry).where(IS_PARKED)
    failing = one.select_from(Entry).where(IS_FAILING)
    failed = one.select_from(Message).where(HAS_FAILED)
    alive = queues.workers(connection, now)
    return Menu(
        conversations=sum(tallies.of(connection, tallies.STATE).values()),
        contacts=sum(tallies.of(connection, tallies.CONTACTS).values()),
        failures=sum(count_up_to(connection, rows, MOST) for rows in (parked, failing, failed)),
        are_workers_alive=bool(alive["converse"] and alive["dispatch"]),
    )
