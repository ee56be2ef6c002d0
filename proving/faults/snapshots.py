"""The rows of an install as a scenario looks at them and locks them, past all of Parley's code."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from sqlalchemy import select, text
from sqlalchemy.engine import make_url

from pipeline.records.base import Record
from proving.faults.run import Run

# What workers write without anybody's doing.
_RESTLESS = {"worker", "watermark", "tally"}
_PATIENCE_SECONDS = 20.0

# By table, each row as text.
Rows = dict[str, list[str]]


def snapshot(run: Run) -> Rows:
    """Every row of every table, but for heartbeats and sums; what did not change is equal."""
    with run.stack.database.read() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table))))
            for table in Record.metadata.sorted_tables
            if table.name not in _RESTLESS
        }


def changes(before: Rows, after: Rows) -> list[str]:
    """The rows that only one of two snapshots has."""
    return [
        f"{table}: {row}"
        for table, rows in after.items()
        for row in set(rows).symmetric_difference(before[table])
    ]


@contextmanager
def locked(run: Run) -> Iterator[None]:
    """Hold what webhooks are written to: two tables of PostgreSQL, or the whole SQLite file."""
    if run.stack.database.is_sqlite:
        path = make_url(run.stack.environment["DATABASE_URL"]).database or ""
        with closing(sqlite3.connect(path, _PATIENCE_SECONDS, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            yield
            other.execute("ROLLBACK")
        return
    with run.stack.database.engine.begin() as connection:
        connection.execute(text(f"SET LOCAL lock_timeout = '{_PATIENCE_SECONDS:g}s'"))
        connection.execute(text("LOCK TABLE inbox, receipt IN ACCESS EXCLUSIVE MODE"))
        yield
