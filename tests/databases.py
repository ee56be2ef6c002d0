"""Databases for tests: SQLite files copied from one, and a PostgreSQL database per test process.

A database is created in 180 ms and emptied in 2 ms, so tests share one, unless they change its
tables or start other processes on it.
"""

import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    Pool,
    String,
    Table,
    create_engine,
    delete,
    event,
    insert,
    make_url,
    select,
    text,
)

from pipeline.database import Database
from pipeline.records import Record, upgrading

SERVER = make_url(
    os.environ.get("TEST_POSTGRESQL_URL", "postgresql://127.0.0.1:5432/test?user=root")
).set(drivername="postgresql+psycopg")
KINDS = ("sqlite", "postgresql")

# What an earlier test left open would hold locks.
_CLOSE_OTHERS = """
    PERFORM pg_terminate_backend(pid, 5000) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()
        AND backend_type = 'client backend'
"""


def url_of(name: str) -> str:
    """The address of a database of SERVER."""
    return SERVER.set(database=name).render_as_string(hide_password=False)


def create_tables(url: str) -> None:
    """Upgrade an empty database to the newest version."""
    database = Database(url)
    with database.write() as connection:
        upgrading.upgrade(connection)
    database.close()


@contextmanager
def a_database(server: Connection, template: str = "template1") -> Iterator[str]:
    """Create a PostgreSQL database, yield its name, and drop it at the end.

    A test does not outlive a crash of the server, so its commits do not wait for the disk.
    """
    name = f"parley_test_{os.getpid()}_{secrets.token_hex(6)}"
    server.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    try:
        server.execute(text(f"ALTER DATABASE {name} SET synchronous_commit = off"))
        yield name
    finally:
        server.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@contextmanager
def a_file(template: Path, folder: Path) -> Iterator[str]:
    """The address of a copy of a SQLite database, whose commits do not wait for the disk."""
    event.listen(Pool, "checkout", _do_not_sync)
    yield f"sqlite:///{shutil.copy(template, folder)}"
    event.remove(Pool, "checkout", _do_not_sync)


def _do_not_sync(connection: Any, *_: object) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous=OFF")


class SharedDatabase:
    """A PostgreSQL database with every table, which `empty()` makes as new."""

    def __init__(self, name: str) -> None:
        self.url = url_of(name)
        self._engine = create_engine(self.url)
        self._tables = [*Record.metadata.sorted_tables, _REVISION]
        with self._engine.connect() as connection:
            rows = {t: connection.execute(select(t)).mappings().all() for t in self._tables}
            self._seeds: dict[Any, Any] = {table: found for table, found in rows.items() if found}
            restarts = [_restart(*row) for row in connection.execute(text(_SEQUENCES))]
        deletes = [str(delete(table)) for table in reversed(self._tables)]
        steps = ";\n".join((_CLOSE_OTHERS, *deletes, *restarts))
        self._empty = f"DO $$ BEGIN {steps}; END $$"

    def empty(self) -> None:
        """Delete every row but those of the migrations, and restart the sequences."""
        with self._engine.begin() as connection:
            connection.exec_driver_sql(self._empty)
            for table, rows in self._seeds.items():
                connection.execute(insert(table), rows)

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()


_REVISION = Table("alembic_version", MetaData(), Column("version_num", String))
_SEQUENCES = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'"


def _restart(sequence: str, last: int | None) -> str:
    return f"PERFORM setval('{sequence}', {last or 1}, {last is not None})"
