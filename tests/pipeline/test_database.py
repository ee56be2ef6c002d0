"""Transactions and the clock, the same on both databases."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from pipeline.database import Database
from pipeline.records import workers
from pipeline.records.workers import Worker
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
