"""Fixtures for the whole tree: a database of its own for each test, on SQLite and PostgreSQL.

Rows come from tests/builders.py, as plain functions.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.exc import OperationalError

from pipeline.database import Database
from pipeline.records import Record

SERVER = make_url(
    os.environ.get("TEST_DATABASE_URL", "postgresql://127.0.0.1:5432/test?user=root")
).set(drivername="postgresql+psycopg")


@contextmanager
def _server() -> Iterator[Connection]:
    engine = create_engine(
        SERVER, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 3}
    )
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _drop(name: str) -> None:
    with _server() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))


def _create_tables(url: str) -> None:
    database = Database(url)
    Record.metadata.create_all(database.engine)
    database.close()


@pytest.fixture(scope="session")
def postgresql_template() -> Iterator[str]:
    """The name of a database with every table, which each test copies."""
    name = f"parley_template_{os.getpid()}"
    try:
        with _server() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
    except OperationalError as error:
        missing = f"no PostgreSQL at {SERVER.render_as_string()}; set TEST_DATABASE_URL"
        if os.environ.get("CI") == "true":
            raise RuntimeError(missing) from error
        pytest.skip(missing)
    _create_tables(SERVER.set(database=name).render_as_string(hide_password=False))
    yield name
    _drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database with every table; other processes may open it too."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/parley.db"
        _create_tables(url)
        yield url
        return
    template = request.getfixturevalue("postgresql_template")
    name = f"parley_{secrets.token_hex(8)}"
    with _server() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    yield SERVER.set(database=name).render_as_string(hide_password=False)
    _drop(name)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty database with every table."""
    opened = Database(database_url, statement_seconds=5)
    yield opened
    opened.close()
