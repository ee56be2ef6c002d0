"""The servers that stacks share: a database and a broker for each, empty and given back."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NoReturn

import pytest
from celery import Celery
from kombu.exceptions import OperationalError
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import Connection

from tests.databases import a_database

REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/9")
RABBITMQ = os.environ.get("TEST_AMQP_URL", "amqp://guest:guest@127.0.0.1:5672//")
_QUEUES = ("converse", "dispatch", "clock")


def missing(what: str, error: Exception) -> NoReturn:
    """Skip, and say so; where everything must be there (CI=true), fail."""
    if os.environ.get("CI") == "true":
        raise RuntimeError(what) from error
    pytest.skip(what)


@contextmanager
def sqlite(template: Path, folder: Path) -> Iterator[str]:
    """A SQLite database with every table."""
    yield f"sqlite:///{shutil.copy(template, folder / 'parley.db')}"


@contextmanager
def postgresql(server: Connection, template: str) -> Iterator[str]:
    """A PostgreSQL database with every table."""
    with a_database(server, template) as name:
        yield database_url(server, name)


def database_url(server: Connection, name: str) -> str:
    """The address of a database, as an operator writes it."""
    url = server.engine.url.set(drivername="postgresql", database=name)
    return url.render_as_string(hide_password=False)


@contextmanager
def embedded() -> Iterator[str]:
    """The embedded broker, whose folder lies beside the SQLite file."""
    yield ""


@contextmanager
def redis() -> Iterator[str]:
    """A Redis database that nobody uses: the one that is set, or the next that is empty.

    The lock is a file of this machine, because a test may empty its database.
    """
    base, _, first = REDIS.rpartition("/")
    for number in dict.fromkeys((int(first), *range(1, 16))):
        url = f"{base}/{number}"
        lock = Path(tempfile.gettempdir(), f"parley-tests-redis-{number}.lock")
        with lock.open("w") as file, Redis.from_url(url, socket_connect_timeout=2) as client:
            if not (_lock(file) and _is_empty(client)):
                continue
            try:
                yield url
            finally:
                client.flushdb()
            return
    raise RuntimeError("every Redis database is in use; empty one or set TEST_REDIS_URL")


def _lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_empty(client: Redis) -> bool:
    try:
        return not client.dbsize()
    except (RedisError, OSError) as error:
        missing(f"no Redis at {REDIS}; set TEST_REDIS_URL", error)


@contextmanager
def rabbitmq() -> Iterator[str]:
    """The virtual host that is set, with queues of its own. Only one stack at a time."""
    connection: Any = Celery(broker=RABBITMQ).connection_for_write(connect_timeout=2)
    try:
        connection.ensure_connection(max_retries=1, timeout=2)
    except (OperationalError, OSError) as error:
        missing(f"no RabbitMQ at {RABBITMQ}; set TEST_AMQP_URL", error)
    with connection:
        _delete_queues(connection)
        try:
            yield RABBITMQ
        finally:
            _delete_queues(connection)


def _delete_queues(connection: Any) -> None:
    channel = connection.default_channel
    for name in _QUEUES:
        channel.queue_delete(queue=name)
