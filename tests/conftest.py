"""Fixtures for the whole tree: an empty database for each test, on SQLite and PostgreSQL.

Rows come from tests/builders.py, as plain functions.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import OperationalError

from pipeline.accounts import passwords
from pipeline.database import Database
from tests.databases import (
    KINDS,
    SERVER,
    SharedDatabase,
    a_database,
    a_file,
    create_tables,
    url_of,
)
from tests.processes import none_left

# Each of the many processes that tests start would compile the product again.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# As sign-ins hash, a password takes 50 ms and 64 MiB: that is the point of it, but not of a test.
passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

pytest_plugins = ["pytester", "tests.alone", "tests.stack.fixtures"]


@pytest.fixture(scope="session", autouse=True)
def _no_process_left() -> Iterator[None]:
    """The run fails when a test left a process behind."""
    with none_left():
        yield


@pytest.fixture(scope="session")
def server() -> Iterator[Connection]:
    """PostgreSQL, where databases can be created."""
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
        yield connection
    engine.dispose()


@pytest.fixture(scope="session")
def postgresql_template(server: Connection) -> Iterator[str]:
    """The name of a PostgreSQL database with every table, to be copied."""
    with a_database(server) as name:
        create_tables(url_of(name))
        yield name


@pytest.fixture(scope="session")
def shared_database(server: Connection, postgresql_template: str) -> Iterator[SharedDatabase]:
    """The PostgreSQL database of this test process."""
    with a_database(server, postgresql_template) as name:
        shared = SharedDatabase(name)
        yield shared
        shared.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with every table, which each test copies."""
    path = tmp_path_factory.mktemp("template") / "parley.db"
    create_tables(f"sqlite:///{path}")
    return path


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database with every table.

    Tests that change its tables have the mark own_database.
    """
    if request.param == "sqlite":
        with a_file(request.getfixturevalue("sqlite_template"), tmp_path) as url:
            yield url
    elif request.node.get_closest_marker("own_database"):
        template = request.getfixturevalue("postgresql_template")
        with a_database(request.getfixturevalue("server"), template) as name:
            yield url_of(name)
    else:
        shared: SharedDatabase = request.getfixturevalue("shared_database")
        shared.empty()
        yield shared.url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty database with every table."""
    opened = Database(database_url, statement_seconds=5)
    yield opened
    opened.close()
