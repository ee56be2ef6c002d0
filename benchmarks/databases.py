"""PostgreSQL databases of a run: empty, with Parley's tables, or a copy; dropped afterwards."""

import contextlib
import os
import secrets
from collections.abc import Iterator

import redis
from sqlalchemy import URL, Connection, Engine, create_engine, make_url, text

from benchmarks import bench
from pipeline.database import Database
from pipeline.records import upgrading


def _server() -> URL:
    known = os.environ.get("BENCH_POSTGRESQL_URL") or os.environ.get("TEST_POSTGRESQL_URL")
    return make_url(known or "postgresql://root@127.0.0.1:5432/test")


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Raises SystemExit where another run uses the same servers: each would empty the other's
    Redis, and measure the other's load.
    """
    lock = text("SELECT pg_try_advisory_lock(hashtext('parley benchmarks'))")
    with _administered() as connection:
        if not connection.execute(lock).scalar_one():
            raise SystemExit("another run of the benchmarks uses this PostgreSQL server")
        yield


@contextlib.contextmanager
def _administered() -> Iterator[Connection]:
    engine = create_engine(driven(_server()), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


@contextlib.contextmanager
def database(template: str = "") -> Iterator[str]:
    """A new PostgreSQL database and an emptied Redis; empty, or a copy of that at `template`."""
    name = f"parley_bench_{secrets.token_hex(6)}"
    source = f" TEMPLATE {make_url(template).database}" if template else ""
    with redis.Redis.from_url(bench.redis_url()) as broker:
        broker.flushdb()
    with _administered() as connection:
        connection.execute(text(f"CREATE DATABASE {name}{source}"))
    try:
        url = _server().set(drivername="postgresql", database=name)
        yield url.render_as_string(hide_password=False)
    finally:
        with _administered() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@contextlib.contextmanager
def upgraded() -> Iterator[str]:
    """A new database with every table of Parley's."""
    with database() as url:
        with opened(url) as parley, parley.write() as connection:
            upgrading.upgrade(connection)
        yield url


@contextlib.contextmanager
def opened(url: str, *, is_worker: bool = False) -> Iterator[Database]:
    """The database as Parley opens it; closed again, so that it can be copied."""
    parley = Database(driven(url), is_worker=is_worker)
    try:
        yield parley
    finally:
        parley.close()


@contextlib.contextmanager
def looking(url: str) -> Iterator[Engine]:
    """A SQLAlchemy engine for looking at results."""
    engine = create_engine(driven(url))
    try:
        yield engine
    finally:
        engine.dispose()


def driven(url: str | URL) -> str:
    """The address as SQLAlchemy takes it."""
    return make_url(url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
