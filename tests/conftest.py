"""Fixtures for the whole tree: a database of its own for each test, on SQLite and PostgreSQL.

Rows come from tests/builders.py, as plain functions.
"""

import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.exc import OperationalError

from pipeline.database import Database
from pipeline.records import upgrading

pytest_plugins = ["pytester", "tests.stack.fixtures"]

SERVER = make_url(
    os.environ.get("TEST_POSTGRESQL_URL", "postgresql://127.0.0.1:5432/test?user=root")
).set(drivername="postgresql+psycopg")


TEMPLATE = f"parley_template_{os.getpid()}"


def _url(name: str) -> str:
    return SERVER.set(database=name).render_as_string(hide_password=False)


def _create_tables(url: str) -> None:
    database = Database(url)
    with database.write() as connection:
        upgrading.upgrade(connection)
    database.close()


@pytest.fixture(scope="session")
def server() -> Iterator[Connection]:
    """PostgreSQL with TEMPLATE, a database with every table, which each test copies."""
    engine = create_engine(
        SERVER, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 3}
    )
    try:
        connection = engine.connect()
    except OperationalError as error:
        missing = f"no PostgreSQL at {SERVER.render_as_string()}; set TEST_POSTGRESQL_URL"
        if os.environ.get("CI") == "true":
            raise RuntimeError(missing) from error
        pytest.skip(missing)
    with connection:
        connection.execute(text(f"CREATE DATABASE {TEMPLATE}"))
        _create_tables(_url(TEMPLATE))
        yield connection
        connection.execute(text(f"DROP DATABASE {TEMPLATE} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with every table, which each test copies."""
    path = tmp_path_factory.mktemp("template") / "parley.db"
    _create_tables(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database with every table; other processes may open it too."""
    if request.param == "sqlite":
        template = request.getfixturevalue("sqlite_template")
        yield f"sqlite:///{shutil.copy(template, tmp_path)}"
        return
    server: Connection = request.getfixturevalue("server")
    name = f"parley_{secrets.token_hex(8)}"
    server.execute(text(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}"))
    yield _url(name)
    server.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty database with every table."""
    opened = Database(database_url, statement_seconds=5)
    yield opened
    opened.close()
