"""Heartbeats: which processes are alive, and the watermarks of periodic work."""

from datetime import datetime

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.records import bulk
from pipeline.records.base import Record, ShortText


class Worker(Record):
    """One process of a pool; gone from the count when `seen_at` is old.

    `bot` is the path of the bot it runs and `bot_version` its version, "" from a release that did
    not say.
    """

    __tablename__ = "worker"

    name: Mapped[str] = mapped_column(primary_key=True)
    pool: Mapped[ShortText]
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime] = mapped_column(index=True)
    bot_version: Mapped[str] = mapped_column(default="", server_default="")
    bot: Mapped[str] = mapped_column(default="", server_default="")


class Watermark(Record):
    """How far a periodic job has come, as the pull of missed inbound messages."""

    __tablename__ = "watermark"

    name: Mapped[str] = mapped_column(primary_key=True)
    reached_at: Mapped[datetime]


def beat(
    connection: Connection,
    name: str,
    pool: str,
    now: datetime,
    bot_version: str = "",
    bot: str = "",
) -> None:
    """Say that this process is alive, and which bot it runs in which version."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    seen = {"seen_at": now, "bot_version": bot_version, "bot": bot}
    row = dialect.insert(Worker).values(name=name, pool=pool, started_at=now, **seen)
    connection.execute(row.on_conflict_do_update(index_elements=[Worker.name], set_=seen))


def forget(connection: Connection, before: datetime) -> None:
    """Delete processes that have not been seen since."""
    connection.execute(delete(Worker).where(Worker.seen_at < before))


def watermark(connection: Connection, name: str, now: datetime) -> datetime:
    """How far the job has come; the first question sets it to now."""
    bulk.add(connection, Watermark, [{"name": name, "reached_at": now}], skip_known=True)
    query = select(Watermark.reached_at).where(Watermark.name == name)
    return connection.execute(query).scalar_one()


def advance(connection: Connection, name: str, reached_at: datetime) -> None:
    """Move a watermark forward."""
    connection.execute(
        update(Watermark)
        .where(Watermark.name == name, Watermark.reached_at < reached_at)
        .values(reached_at=reached_at)
    )
