"""What waits, since when, and who works on it."""

from datetime import UTC, datetime, timedelta

from pipeline.database import Database
from pipeline.enums import Direction, Status
from pipeline.queries import queues
from pipeline.queries.queues import Backlog
from tests.builders import a_conversation, a_lane, a_message, a_worker, an_entry

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_empty_database_has_empty_queues(database: Database) -> None:
    with database.read() as connection:
        assert queues.inbox(connection, NOW) == Backlog(0, 0.0)
        assert queues.parked(connection) == 0
        assert queues.resends(connection) == 0
        assert set(queues.outbox(connection, NOW).values()) == {Backlog(0, 0.0)}
        assert set(queues.lanes(connection, NOW).values()) == {0}


def test_inbox_counts_what_waits(database: Database) -> None:
    an_entry(database, received_at=NOW - 2 * MINUTE)
    an_entry(database, received_at=NOW - MINUTE)
    an_entry(database, received_at=NOW - 9 * MINUTE, status="handled")
    an_entry(database, received_at=NOW - 9 * MINUTE, status="parked")
    with database.read() as connection:
        assert queues.inbox(connection, NOW) == Backlog(2, 120.0)
        assert queues.parked(connection) == 1


def test_outbox_counts_by_status(database: Database) -> None:
    talk = a_conversation(database)
    sent = {"direction": "outbound", "created_at": NOW - MINUTE}
    a_message(database, talk, status="queued", **sent)
    a_message(database, talk, status="queued", **(sent | {"created_at": NOW}))
    a_message(database, talk, status="unknown", resends=2, **sent)
    a_message(database, talk, status="delivered", resends=1, **sent)
    with database.read() as connection:
        outbox = queues.outbox(connection, NOW)
        assert outbox[Status.QUEUED] == Backlog(2, 60.0)
        assert outbox[Status.UNKNOWN] == Backlog(1, 60.0)
        assert outbox[Status.SENDING] == Backlog(0, 0.0)
        assert queues.resends(connection) == 3


def test_lanes_are_due_or_leased(database: Database) -> None:
    conversation = a_conversation(database)
    a_lane(database, due_at=NOW)
    a_lane(database, due_at=NOW + MINUTE)
    a_lane(database, due_at=None)
    a_lane(database, direction="outbound", due_at=NOW + MINUTE, token=conversation.id)
    with database.read() as connection:
        found = queues.lanes(connection, NOW)
    assert found[(Direction.INBOUND, "due")] == 1
    assert found[(Direction.INBOUND, "leased")] == 0
    assert found[(Direction.OUTBOUND, "leased")] == 1


def test_workers_seen_lately_are_alive(database: Database) -> None:
    a_worker(database, "converse", seen_at=NOW - timedelta(seconds=14))
    a_worker(database, "converse", seen_at=NOW - timedelta(seconds=16))
    with database.read() as connection:
        assert queues.workers(connection, NOW) == {"converse": 1, "dispatch": 0, "clock": 0}
