"""A ring through a real Celery worker: the turns that wait are taken, the replies are sent."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.database import Database
from pipeline.records import upgrading
from pipeline.records.core import inbox
from pipeline.records.core.messages import Message
from pipeline.records.stats.workers import Worker
from pipeline.settings import Settings
from tests.builders import an_inbound, rows
from workers.notifier import Notifier

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A database that the worker accepts: with its revision."""
    opened = Database(f"sqlite:///{tmp_path}/parley.db")
    with opened.write() as connection:
        upgrading.upgrade(connection)
    yield opened
    opened.close()


@pytest.fixture
def worker(database: Database, broker: str, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """One worker process for both queues; told to end at the end."""
    url = database.engine.url.render_as_string(hide_password=False)
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    settings = {"DATABASE_URL": url, "BROKER_URL": broker, "BOT": "bots.template:bot"}
    options = [
        "--pool",
        "solo",
        "--queues",
        "converse,dispatch",
        "--without-gossip",
        "--without-mingle",
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "celery", "--app", "workers.app", "worker", *options],
        cwd=tmp_path,
        env=environment | settings,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    yield process
    if process.poll() is None:
        process.kill()
        process.wait()


def wait_for_reply(database: Database, seconds: float) -> list[str]:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        sent = [row for row in rows(database, Message) if row.status == "delivered"]
        if sent:
            return [row.body for row in sent]
        time.sleep(0.05)
    return []


def test_ring_wakes_a_worker(
    database: Database, broker: str, worker: subprocess.Popen[bytes]
) -> None:
    message = inbox.entry(an_inbound("hi"), {})
    with database.write() as connection:
        inbox.append(connection, [message | {"received_at": database.now(connection)}])
    Notifier(Settings.model_construct(broker_url=broker)).notify("converse")
    assert wait_for_reply(database, 20) != []
    assert {row.pool for row in rows(database, Worker)} == {"converse", "dispatch"}
    worker.terminate()
    assert worker.wait(10) == 0
