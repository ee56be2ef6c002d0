"""One connection factory for SQLite and PostgreSQL: transactions, time-outs and the clock.

Every query lives in pipeline/records; the verbs open the transactions.
"""

import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event, func, select
from sqlalchemy.engine import make_url

from pipeline.jsons import from_json, to_json

_WRITES = "parley_writes"
# Whatever a worker asks is a look-up by key. A planner that has no statistics yet would read and
# hash whole tables instead: measured, 6 ms for 64 lanes where the indexes need 0.5 ms. A bitmap
# makes it read a partial index from end to end, dead entries included, to spare a few rows.
_BY_KEY = {
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "jit": "off",
}
# Compiling a plan takes a second, which no page needs. A word that many have said makes a bitmap
# that must not be shortened, or every message near one is read and parsed again. And a plan for
# any word, as is made of a statement that is sent often, is a bad plan for a rare one.
_FOR_PEOPLE = {"jit": "off", "work_mem": "32MB", "plan_cache_mode": "force_custom_plan"}
# Error texts reach logs, and parameters hold bodies and numbers.
_EVERYWHERE: dict[str, Any] = {
    "hide_parameters": True,
    "json_serializer": to_json,
    "json_deserializer": from_json,
}
_CLOCK_SECONDS = 1.0
# A deferred BEGIN that later writes fails at once when another writer was quicker.
_BEGIN_WRITING = "BEGIN IMMEDIATE"
# Drawn, so that those who wait do not look in step.
_LOOK_SECONDS = (0.001, 0.002)
_CLOCK = select(func.clock_timestamp())


class Database:
    """Transactions on one database. `now` is the database's clock: leases depend on it.

    A worker's connections are tuned for its hot path. They are not tested before use, at a round
    trip each: after a restart of the database one drain fails, and the clock wakes again.
    """

    def __init__(
        self,
        url: str,
        *,
        application: str = "parley",
        statement_seconds: float = 15,
        pool_size: int = 8,
        is_worker: bool = False,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self._clock = clock
        # SQLite has one writer at a time; a lock is fairer and quicker than looking.
        self._writer = threading.Lock()
        self.engine: Engine = (
            _sqlite(url, statement_seconds)
            if self.is_sqlite
            else _postgresql(url, application, statement_seconds, pool_size, is_worker)
        )
        self._read_clock: tuple[datetime, float] | None = None

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that commits at the end of the block, or leaves no trace."""
        if not self.is_sqlite:
            with self.engine.begin() as connection:
                yield connection
            return
        with self._writer, self.engine.connect() as connection:
            writing = connection.execution_options(**{_WRITES: True})
            with writing.begin():
                yield writing

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction for questions only."""
        with self.engine.connect() as connection:
            yield connection

    def now(self, connection: Connection) -> datetime:
        """The database's clock, UTC; on SQLite, which lives in this machine, this machine's.

        It is read once a second and carried on with the monotonic clock in between.
        """
        if self._clock:
            return self._clock()
        if self.is_sqlite:
            return datetime.now(UTC)
        now = time.monotonic()
        if self._read_clock is None or now - self._read_clock[1] > _CLOCK_SECONDS:
            # Timestamp after the round trip, so the cached clock lags rather than leads.
            self._read_clock = connection.execute(_CLOCK).scalar_one(), time.monotonic()
        read, read_at = self._read_clock
        return read + timedelta(seconds=max(0.0, now - read_at))

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


def _sqlite(url: str, statement_seconds: float) -> Engine:
    path = make_url(url).database
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    patience = min(statement_seconds, 5.0)
    # A database in memory that has a name is pooled like a file: it lives as long as the pool.
    engine = create_engine(
        url, poolclass=QueuePool, **_EVERYWHERE, connect_args={"timeout": patience}
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", partial(_begin_sqlite, patience))
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    # SQLite's own knows ASCII only, and names are found in any script.
    connection.create_function("lower", 1, _lower, deterministic=True)


def _lower(words: str | None) -> str | None:
    return words and words.lower()


def _begin_sqlite(patience_seconds: float, connection: Connection) -> None:
    if not connection.get_execution_options().get(_WRITES):
        connection.exec_driver_sql("BEGIN")
        return
    writer: Any = connection.connection.driver_connection
    # SQLite's own wait polls every 100 ms after a while, so one of several busy writers starves:
    # with four that write all the time we measured 1.7 s at the median, and two of nine failed.
    writer.execute("PRAGMA busy_timeout = 0")
    try:
        if not _is_begun(writer, time.monotonic() + patience_seconds):
            # Once more, so that the problem is raised as SQLAlchemy's error.
            connection.exec_driver_sql(_BEGIN_WRITING)
    finally:
        writer.execute(f"PRAGMA busy_timeout = {patience_seconds * 1000:.0f}")


def _is_begun(writer: sqlite3.Connection, deadline: float) -> bool:
    """Begin to write as soon as no other process does; False if that cannot be, or not in time."""
    while True:
        try:
            writer.execute(_BEGIN_WRITING)
        except sqlite3.OperationalError as error:
            is_busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not is_busy or time.monotonic() >= deadline:
                return False
            time.sleep(random.uniform(*_LOOK_SECONDS))  # noqa: S311 (no secret)
        else:
            return True


def _postgresql(
    url: str, application: str, statement_seconds: float, pool_size: int, is_worker: bool
) -> Engine:
    settings = {
        "timezone": "UTC",
        "statement_timeout": int(statement_seconds * 1000),
        "lock_timeout": min(2000, int(statement_seconds * 1000)),
        # A process that stalls inside a transaction must not keep its rows locked for long.
        "idle_in_transaction_session_timeout": 10_000,
        **(_BY_KEY if is_worker else _FOR_PEOPLE),
    }
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=statement_seconds,
        pool_pre_ping=not is_worker,
        **_EVERYWHERE,
        connect_args={
            "application_name": application,
            "connect_timeout": 3,
            "tcp_user_timeout": 5000,
            "options": options,
        },
    )
