"""Counts kept as differences: exact at every moment, whoever writes and folds at the same time."""

import threading
from datetime import UTC, datetime

from sqlalchemy import func, select

from pipeline.database import Database
from pipeline.records.stats import state_counts, tallies
from pipeline.records.stats.tallies import Tally
from tests.builders import a_conversation


def add(database: Database, **differences: int) -> None:
    with database.write() as connection:
        tallies.add(connection, tallies.STATE, differences)


def counts(database: Database, noun: str = tallies.STATE) -> dict[str, int]:
    with database.read() as connection:
        return tallies.of(connection, noun)


def rows(database: Database) -> int:
    with database.read() as connection:
        return connection.execute(select(func.count()).select_from(Tally)).scalar_one()


def fold(database: Database, limit: int = 100) -> int:
    with database.write() as connection:
        return tallies.fold(connection, limit)


def test_a_count_is_the_sum_of_its_differences(database: Database) -> None:
    add(database, start=2, support=1)
    add(database, start=-1, support=1)
    add(database, support=-2)
    assert counts(database) == {"start": 1}
    assert counts(database, tallies.CONTACTS) == {}


def test_no_difference_costs_no_row(database: Database) -> None:
    before = rows(database)
    add(database, start=0)
    add(database)
    assert rows(database) == before


def test_folding_changes_no_count(database: Database) -> None:
    for _ in range(5):
        add(database, start=2, support=1, gone=1)
        add(database, gone=-1)
    with database.write() as connection:
        tallies.add(connection, tallies.CONTACTS, {"": 7})
        assert tallies.has_differences(connection)
    before = counts(database)
    assert fold(database) > 0
    assert counts(database) == before == {"start": 10, "support": 5}
    assert counts(database, tallies.CONTACTS) == {"": 7}
    assert rows(database) == 3
    assert fold(database) == 0


def test_folding_goes_on_where_it_stopped(database: Database) -> None:
    for _ in range(10):
        add(database, start=1)
    while fold(database, limit=4):
        assert counts(database) == {"start": 10}
    assert rows(database) == 1


def test_wrong_counts_are_counted_anew(database: Database) -> None:
    for state in ("start", "start", "support"):
        a_conversation(database, state=state)
    a_conversation(database, closed_at=datetime.now(UTC))
    add(database, start=5, support=-1, gone=3)
    for wrong in (3, 0):
        with database.write() as connection:
            assert state_counts.recount(connection) == wrong
        assert counts(database) == {"start": 2, "support": 1}


def test_writers_and_folders_lose_nothing_to_each_other(database: Database) -> None:
    def write() -> None:
        for _ in range(50):
            add(database, start=1)

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        fold(database)
    assert counts(database) == {"start": 200}
    fold(database)
    fold(database)
    assert (counts(database), rows(database)) == ({"start": 200}, 1)
