"""What the System page asks: queues and their ages, lanes, processes, our numbers."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert

from pipeline.database import Database
from pipeline.queries import system
from pipeline.queries.system import Lanes, Overview, Waiting
from pipeline.records.core.senders import Sender
from pipeline.records.stats import workers
from tests.builders import a_conversation, a_lane, a_message, a_worker, an_entry

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def look(database: Database) -> Overview:
    with database.read() as connection:
        return system.overview(connection, NOW)


def a_sender(database: Database, address: str, **values: Any) -> None:
    given = {"address": address, "rate": 0, "tokens": 1, "refilled_at": NOW}
    with database.write() as connection:
        connection.execute(insert(Sender).values(given | values))


def test_nothing_waits_in_an_empty_database(database: Database) -> None:
    found = look(database)
    assert {found.inbox, found.queued, found.sending, found.unknown} == {Waiting()}
    assert {found.inbound, found.outbound} == {Lanes(0, 0)}
    assert (found.processes, found.numbers) == ((), ())
    assert found.database.startswith("SQLite 3" if database.is_sqlite else "PostgreSQL 1")


def test_inbox_tells_how_much_waits_and_how_long(database: Database) -> None:
    an_entry(database, received_at=NOW - 2 * MINUTE)
    an_entry(database, received_at=NOW - MINUTE)
    an_entry(database, received_at=NOW - 9 * MINUTE, status="parked")
    assert look(database).inbox == Waiting(2, 2 * MINUTE)


def test_outbox_is_told_by_status(database: Database) -> None:
    talk = a_conversation(database)
    for status, age in (("queued", 1), ("queued", 3), ("unknown", 2), ("delivered", 9)):
        sent = {"direction": "outbound", "created_at": NOW - age * MINUTE}
        a_message(database, talk, status=status, **sent)
    found = look(database)
    assert found.queued == Waiting(2, 3 * MINUTE)
    assert found.unknown == Waiting(1, 2 * MINUTE)
    assert found.sending == Waiting()


def test_age_is_in_whole_seconds(database: Database) -> None:
    an_entry(database, received_at=NOW - timedelta(seconds=3, microseconds=9))
    assert look(database).inbox.age == timedelta(seconds=3)


def test_lanes_are_due_or_leased(database: Database) -> None:
    talk = a_conversation(database)
    a_lane(database, due_at=NOW)
    a_lane(database, due_at=NOW + MINUTE)
    a_lane(database, due_at=None)
    a_lane(database, direction="outbound", due_at=NOW + MINUTE, token=talk.id)
    found = look(database)
    assert (found.inbound, found.outbound) == (Lanes(1, 0), Lanes(0, 1))


def test_process_is_alive_while_it_gives_signs(database: Database) -> None:
    old = NOW - MINUTE
    a_worker(database, "converse", seen_at=NOW - timedelta(seconds=14))
    a_worker(database, "dispatch", seen_at=old)
    a_worker(database, "clock", seen_at=NOW - 11 * MINUTE)
    found = look(database)
    assert [(one.pool, one.silent_since) for one in found.processes] == [
        ("converse", None),
        ("dispatch", old),
    ]
    assert (found.alive("converse"), found.alive("dispatch")) == (1, 0)


def test_a_new_sign_of_life_changes_nothing(database: Database) -> None:
    a_worker(database, "converse", name="one", seen_at=NOW - timedelta(seconds=9))
    before = look(database)
    with database.write() as connection:
        workers.beat(connection, "one", "converse", NOW)
    assert look(database) == before


def test_numbers_in_trouble_come_first(database: Database) -> None:
    until = NOW + MINUTE
    a_sender(database, "sms +15550100", rate=10)
    a_sender(database, "whatsapp +15550101", circuit="open", open_until=until, reason="Suspended.")
    stopped, free = look(database).numbers
    assert (stopped.channel, stopped.number, stopped.next_try_at) == (
        "whatsapp",
        "+15550101",
        until,
    )
    assert (stopped.is_stopped, stopped.reason) == (True, "Suspended.")
    assert (free.channel, free.rate, free.is_stopped) == ("sms", 10, False)
