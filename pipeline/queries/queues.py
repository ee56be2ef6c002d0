"""Queues: backlogs, their age, and the workers. Every query reads a partial index."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, case, func, literal_column, select

from pipeline.enums import PENDING, Direction, Status
from pipeline.records.core.inbox import IS_PARKED, IS_WAITING, Entry
from pipeline.records.core.lanes import IS_FREE, IS_LEASED, Lane
from pipeline.records.core.messages import IS_PENDING, Message
from pipeline.records.stats.workers import Worker

ALIVE = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many things wait, and for how many seconds the oldest has waited."""

    count: int = 0
    oldest_seconds: float = 0.0


def inbox(connection: Connection, now: datetime) -> Backlog:
    """Accepted inbound entries that wait for their turn."""
    query = select(func.count(), func.min(Entry.id)).where(IS_WAITING)
    count, oldest = connection.execute(query).one()
    since = connection.execute(select(Entry.received_at).where(Entry.id == oldest)).scalar()
    return Backlog(count, _age(since, now))


def parked(connection: Connection) -> int:
    """The number of parked entries."""
    query = select(func.count()).select_from(Entry).where(IS_PARKED)
    return connection.execute(query).scalar_one()


def outbox(connection: Connection, now: datetime) -> dict[Status, Backlog]:
    """Outbound messages that are queued, sending or unknown."""
    query = (
        select(Message.status, func.count(), func.min(Message.created_at))
        .where(IS_PENDING)
        .group_by(Message.status)
    )
    found = {
        status: Backlog(count, _age(since, now))
        for status, count, since in connection.execute(query)
    }
    return {status: found.get(status, Backlog()) for status in sorted(PENDING)}


def resends(connection: Connection) -> int:
    """How many times a message was sent again after an unknown outcome."""
    # 0 is a literal, because partial indexes do not match parameters.
    query = select(func.coalesce(func.sum(Message.resends), 0)).where(
        Message.resends > literal_column("0")
    )
    return int(connection.execute(query).scalar_one())


def lanes(connection: Connection, now: datetime) -> dict[tuple[Direction, str], int]:
    """The number of lanes by (direction, "due" or "leased")."""
    due = (
        select(Lane.direction, func.count())
        .where(IS_FREE, Lane.due_at <= now)
        .group_by(Lane.direction)
    )
    leased = select(Lane.direction, func.count()).where(IS_LEASED).group_by(Lane.direction)
    numbers = {(direction, "due"): count for direction, count in connection.execute(due)}
    numbers |= {(direction, "leased"): count for direction, count in connection.execute(leased)}
    return {
        (direction, kind): numbers.get((direction, kind), 0)
        for direction in Direction
        for kind in ("due", "leased")
    }


def running_bots(connection: Connection, now: datetime) -> set[str]:
    """The bots that live converse workers run, as module:name; "" from one that does not say."""
    query = select(Worker.bot).where(*_converse_alive(now))
    return set(connection.execute(query).scalars())


def workers(connection: Connection, now: datetime) -> Mapping[str, int]:
    """The number of processes of each pool that reported in the last 15 s."""
    alive = func.sum(case((Worker.seen_at >= now - ALIVE, 1), else_=0))
    found = {
        pool: int(count)
        for pool, count in connection.execute(select(Worker.pool, alive).group_by(Worker.pool))
    }
    return dict.fromkeys(("converse", "dispatch", "clock"), 0) | found


def bot_versions(connection: Connection, now: datetime) -> Mapping[str, int]:
    """The versions of the bot that living converse workers run, with the number of workers."""
    query = (
        select(Worker.bot_version, func.count())
        .where(*_converse_alive(now), Worker.bot_version != "")
        .group_by(Worker.bot_version)
    )
    return {version: int(number) for version, number in connection.execute(query)}


def _converse_alive(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return Worker.pool == "converse", Worker.seen_at >= now - ALIVE


def _age(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0
