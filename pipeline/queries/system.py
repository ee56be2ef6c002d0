"""System: backlogs and their age, the workers, and which of our numbers have problems.

Counts stop at a limit, because a page polls them; queues.py counts exactly.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, case, func, select

from pipeline.enums import Direction, Status
from pipeline.queries.queues import ALIVE
from pipeline.records.base import count_up_to
from pipeline.records.core.inbox import IS_WAITING, Entry
from pipeline.records.core.lanes import IS_FREE, IS_LEASED, Lane
from pipeline.records.core.messages import IS_PENDING, Message
from pipeline.records.core.senders import Sender
from pipeline.records.stats.workers import Worker

MOST = 10_000
_MOST_LISTED = 200
# A process that ended on purpose is silent too, so it is listed for this long only.
_NEWS = timedelta(minutes=10)
_DIALECTS = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many things wait, at most MOST + 1, and how long the oldest of them, in seconds."""

    count: int = 0
    age: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Lanes:
    """Contacts with work: `due` wait for a worker, `leased` are in work."""

    due: int
    leased: int


@dataclass(frozen=True, slots=True)
class Process:
    """A process of a pool. `silent_since` is None while it gives a sign of life."""

    pool: str
    name: str
    started_at: datetime
    silent_since: datetime | None


@dataclass(frozen=True, slots=True)
class Number:
    """One of our numbers, limited to `rate` a second (0: no limit) or paused for a while."""

    channel: str
    number: str
    rate: float
    is_stopped: bool
    next_try_at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Overview:
    """All of it, as it stood in one transaction."""

    database: str
    inbox: Waiting
    queued: Waiting
    sending: Waiting
    unknown: Waiting
    inbound: Lanes
    outbound: Lanes
    processes: tuple[Process, ...]
    numbers: tuple[Number, ...]

    def alive(self, pool: str) -> int:
        """How many processes of a pool give a sign of life."""
        return sum(one.pool == pool and one.silent_since is None for one in self.processes)


def overview(connection: Connection, now: datetime) -> Overview:
    """The system now."""
    outbox = _outbox(connection, now)
    return Overview(
        database=_database(connection),
        inbox=_inbox(connection, now),
        queued=outbox.get(Status.QUEUED, Waiting()),
        sending=outbox.get(Status.SENDING, Waiting()),
        unknown=outbox.get(Status.UNKNOWN, Waiting()),
        inbound=_lanes(connection, Direction.INBOUND, now),
        outbound=_lanes(connection, Direction.OUTBOUND, now),
        processes=_processes(connection, now),
        numbers=_numbers(connection),
    )


def _database(connection: Connection) -> str:
    version = connection.dialect.server_version_info or ()
    name = _DIALECTS.get(connection.dialect.name, connection.dialect.name)
    return f"{name} {'.'.join(str(number) for number in version)}"


def _inbox(connection: Connection, now: datetime) -> Waiting:
    rows = select(Entry.received_at).where(IS_WAITING).limit(MOST + 1)
    some = rows.subquery()
    query = select(func.count(), func.min(some.c.received_at)).select_from(some)
    count, since = connection.execute(query).one()
    return Waiting(count, _age(since, now))


def _outbox(connection: Connection, now: datetime) -> dict[Status, Waiting]:
    rows = select(Message.status, Message.created_at).where(IS_PENDING)
    some = rows.limit(MOST + 1).subquery()
    query = select(some.c.status, func.count(), func.min(some.c.created_at))
    found = connection.execute(query.group_by(some.c.status))
    return {status: Waiting(count, _age(since, now)) for status, count, since in found}


def _lanes(connection: Connection, direction: Direction, now: datetime) -> Lanes:
    rows = select(Lane.key).where(Lane.direction == direction)
    due = rows.where(IS_FREE, Lane.due_at <= now)
    leased = rows.where(IS_LEASED)
    return Lanes(count_up_to(connection, due, MOST + 1), count_up_to(connection, leased, MOST + 1))


def _processes(connection: Connection, now: datetime) -> tuple[Process, ...]:
    # A sign of life is only news when it is missing: what is live must not change with each one.
    silent = case((Worker.seen_at < now - ALIVE, Worker.seen_at)).label("silent_since")
    query = (
        select(Worker.pool, Worker.name, Worker.started_at, silent)
        .where(Worker.seen_at > now - _NEWS)
        .order_by(Worker.pool, Worker.started_at, Worker.name)
        .limit(_MOST_LISTED)
    )
    rows = connection.execute(query)
    return tuple(Process(row.pool, row.name, row.started_at, row.silent_since) for row in rows)


def _numbers(connection: Connection) -> tuple[Number, ...]:
    """Those in trouble first; how full a bucket is would change all the time."""
    trouble_first = (case((Sender.circuit == "open", 0), else_=1), Sender.address)
    query = select(Sender.address, Sender.rate, Sender.circuit, Sender.open_until, Sender.reason)
    found = connection.execute(query.order_by(*trouble_first).limit(_MOST_LISTED))
    return tuple(_number(row) for row in found)


def _number(row: Any) -> Number:
    channel, _, number = row.address.partition(" ")
    is_stopped = row.circuit == "open"
    return Number(channel, number, row.rate, is_stopped, row.open_until, row.reason)


def _age(since: datetime | None, now: datetime) -> timedelta:
    """In whole seconds: a page that is live must not change with each look."""
    if since is None:
        return timedelta(0)
    return timedelta(seconds=max(0, int((now - since).total_seconds())))
