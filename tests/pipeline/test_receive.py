"""Receive: an acknowledged webhook is a row (P1), and a refused one hurts nobody else."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import text

from pipeline.database import Database
from pipeline.errors import DatabaseUnavailable
from pipeline.messages import Inbound, StatusCallback
from pipeline.receive import Receiver
from pipeline.records.core.inbox import Entry
from pipeline.records.core.status_callbacks import StoredCallback
from tests.builders import an_inbound, rows


@pytest.fixture
def wakeups() -> list[str]:
    return []


@pytest.fixture
def receiver(database: Database, wakeups: list[str]) -> Receiver:
    return Receiver(database, wakeups.append, patience_seconds=1.5)


@contextmanager
def inbox_locked(database: Database) -> Iterator[None]:
    """Nobody can write meanwhile."""
    if database.is_sqlite:
        other = sqlite3.connect(database.engine.url.database or "", isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")
        other.close()
    else:
        with database.engine.begin() as connection:
            connection.execute(text("LOCK TABLE inbox, receipt IN ACCESS EXCLUSIVE MODE"))
            yield


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_message_is_a_row_before_it_is_answered(
    receiver: Receiver, database: Database, wakeups: list[str]
) -> None:
    message = an_inbound("hello", consent=None)
    receiver.inbound(message, {"Body": ["hello"], "New": ["a", "b"]})
    (entry,) = rows(database, Entry)
    assert Inbound.from_json(entry.payload["message"]) == message
    assert entry.payload["form"] == {"Body": ["hello"], "New": ["a", "b"]}
    assert (entry.kind, entry.lane, entry.status) == ("message", message.contact_key, "waiting")
    wait_until(lambda: wakeups == ["converse"])


def test_same_webhook_twice_is_one_message(receiver: Receiver, database: Database) -> None:
    message = an_inbound()
    for _ in range(3):
        receiver.inbound(message, {})
    assert len(rows(database, Entry)) == 1


def test_same_webhook_at_once_is_one_message(receiver: Receiver, database: Database) -> None:
    message = an_inbound()
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: receiver.inbound(message, {}), range(32)))
    assert len(rows(database, Entry)) == 1


def test_receipt_rings_for_dispatch(
    receiver: Receiver, database: Database, wakeups: list[str]
) -> None:
    callback = StatusCallback("simulator", "simulator", "SM1", "sent", message_id="m", attempt=2)
    receiver.status_callback(callback, {"MessageStatus": ["sent"]})
    receiver.status_callback(callback, {"MessageStatus": ["sent"]})
    (row,) = rows(database, StoredCallback)
    assert (row.provider_id, row.status, row.message_id, row.attempt) == ("SM1", "sent", "m", 2)
    wait_until(lambda: wakeups == ["dispatch", "dispatch"])


def test_many_requests_share_their_commits(database: Database) -> None:
    commits: list[int] = []
    receiver = Receiver(database, lambda _: commits.append(1))
    with ThreadPoolExecutor(32) as pool:
        list(pool.map(lambda _: receiver.inbound(an_inbound(), {}), range(300)))
    assert len(rows(database, Entry)) == 300
    # One wake-up a commit: a good deal fewer than requests.
    assert len(commits) < 250


@pytest.mark.alone
def test_only_the_guilty_request_fails(receiver: Receiver, database: Database) -> None:
    # A lane is text that no database takes; a provider would have cleaned it.
    guilty = an_inbound(contact_key="+1415\ud800")
    others = [an_inbound() for _ in range(40)]
    refused = []

    def take(message: Inbound) -> None:
        try:
            receiver.inbound(message, {})
        except DatabaseUnavailable:
            refused.append(message)

    # Behind the lock they gather, so that they are one group when it ends.
    with ThreadPoolExecutor(42) as pool, inbox_locked(database):
        pool.submit(take, an_inbound())
        time.sleep(0.1)
        for message in [*others[:20], guilty, *others[20:]]:
            pool.submit(take, message)
        time.sleep(0.1)
    assert refused == [guilty]
    assert len(rows(database, Entry)) == 41


@pytest.mark.alone
def test_locked_database_is_said_in_time(receiver: Receiver, database: Database) -> None:
    with inbox_locked(database):
        began = time.monotonic()
        with pytest.raises(DatabaseUnavailable):
            receiver.inbound(an_inbound(), {})
        assert time.monotonic() - began < 3
    receiver.inbound(an_inbound(), {})


def test_receiver_mends_itself_when_the_database_is_back(
    receiver: Receiver, database: Database
) -> None:
    late = an_inbound()
    with inbox_locked(database), pytest.raises(DatabaseUnavailable):
        receiver.inbound(late, {})
    receiver.inbound(late, {})
    assert len(rows(database, Entry)) == 1
