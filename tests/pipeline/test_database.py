"""Transactions and the clock, the same on both databases."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from pipeline.database import Database
from pipeline.records.stats import workers
from pipeline.records.stats.workers import Worker
from tests.builders import rows

NOW = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)


def test_write_commits_at_its_end(database: Database) -> None:
    with database.write() as connection:
        workers.beat(connection, "one", "converse", NOW)
        assert rows(database, Worker) == []
    (row,) = rows(database, Worker)
    assert row.seen_at == NOW
    assert row.seen_at.tzinfo is not None


def test_write_that_fails_leaves_no_trace(database: Database) -> None:
    def write() -> None:
        with database.write() as connection:
            workers.beat(connection, "one", "converse", NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write()
    assert rows(database, Worker) == []
    with database.write() as connection:
        workers.beat(connection, "two", "converse", NOW)


def test_clock_is_aware_and_runs(database: Database) -> None:
    with database.read() as connection:
        first, second = database.now(connection), database.now(connection)
    assert first.utcoffset() == timedelta(0)
    assert first <= second
    assert abs(first - datetime.now(UTC)) < timedelta(seconds=5)


def test_clock_can_be_set(database_url: str) -> None:
    database = Database(database_url, clock=lambda: NOW)
    with database.read() as connection:
        assert database.now(connection) == NOW
    database.close()


def test_connections_can_be_made_anew(database: Database) -> None:
    with database.read() as connection:
        connection.execute(text("SELECT 1"))
    database.close()
    with database.read() as connection:
        assert connection.execute(text("SELECT 1")).scalar() == 1


def test_sqlite_is_safe_at_power_loss(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'parley.db'}")
    with database.read() as connection:
        pragmas = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    database.close()
    assert pragmas == ["wal", 2, 1]


def test_named_database_in_memory_is_one_for_all_connections() -> None:
    database = Database("sqlite:///file:shared?mode=memory&cache=shared&uri=true")
    with database.write() as connection:
        connection.execute(text("CREATE TABLE kept (word text)"))
    with database.read() as one, database.read() as other:
        counts = [c.execute(text("SELECT count(*) FROM kept")).scalar() for c in (one, other)]
    database.close()
    assert counts == [0, 0]
    assert not Path("file:shared").exists()


def test_errors_hold_no_parameters(database: Database) -> None:
    with pytest.raises(Exception, match="no_such") as caught, database.read() as connection:
        connection.execute(text("SELECT no_such FROM worker WHERE name = :n"), {"n": "secret"})
    assert "secret" not in str(caught.value)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A SQLite database with an empty table t."""
    path = tmp_path / "parley.db"
    database = Database(f"sqlite:///{path}")
    with database.write() as connection:
        connection.execute(text("CREATE TABLE t (id INTEGER)"))
    database.close()
    return path


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Another process writes, as far as SQLite can tell."""
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("COMMIT")
        other.close()


def put(database: Database) -> None:
    with database.write() as connection:
        connection.execute(text("INSERT INTO t VALUES (1)"))


def test_sqlite_writer_takes_the_first_gap_between_others(file: Path) -> None:
    """SQLite's own wait looks every 100 ms after a while, and steps over gaps as short as these."""
    database = Database(f"sqlite:///{file}")
    gaps, begun, is_through = 0, threading.Event(), threading.Event()

    def writes_nearly_always() -> None:
        nonlocal gaps
        for seconds in (0.4, *[0.18] * 10):
            with held(file):
                begun.set()
                time.sleep(seconds)
            gaps += 1
            if is_through.wait(0.02):
                return

    other = threading.Thread(target=writes_nearly_always)
    other.start()
    begun.wait()
    put(database)
    is_through.set()
    other.join()
    database.close()
    assert 1 <= gaps <= 2


def test_sqlite_writer_does_not_wait_for_ever(file: Path) -> None:
    database = Database(f"sqlite:///{file}", statement_seconds=0.3)
    began = time.monotonic()
    with held(file), pytest.raises(OperationalError, match="database is locked"):
        put(database)
    assert 0.3 <= time.monotonic() - began < 3
    put(database)
    with database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM t")).scalar() == 1
        # Whatever else may be busy, such as a checkpoint, is waited for as before.
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 300
    database.close()
