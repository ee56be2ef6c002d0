"""`parley seed`: a database at size whose rows are as the pipeline itself would leave them."""

from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select, text

from parley import seed
from pipeline.database import Database
from pipeline.queries import conversations as queries
from pipeline.queries.filter import ConversationFilter
from pipeline.records.core.contacts import Contact
from pipeline.records.core.conversations import Conversation
from pipeline.records.core.messages import Message
from pipeline.records.stats import state_counts, tallies
from tests.builders import a_contact
from tests.parley.commands import parley

SIZE = (300, 2000)


@pytest.fixture
def seeded(database: Database) -> Database:
    """Filled, where it is PostgreSQL."""
    if not database.is_sqlite:
        seed.fill(database, SIZE, 1, lambda _: None)
    return database


def count(connection: Connection, record: type[Contact | Conversation | Message]) -> int:
    return connection.execute(select(func.count()).select_from(record)).scalar_one()


def test_there_is_as_much_as_was_asked_for(seeded: Database) -> None:
    if seeded.is_sqlite:
        return  # refused, as below
    with seeded.read() as connection:
        assert count(connection, Conversation) == 300
        assert count(connection, Contact) == 240
        assert abs(count(connection, Message) - 2000) <= 1
        counted = state_counts.count_open(connection)
        assert tallies.of(connection, tallies.STATE) == counted
        assert tallies.of(connection, tallies.CONTACTS) == {"": 240}
        found = queries.listing(connection, ConversationFilter(words="order"), None, 10)
        assert len(found) == 10


def test_indexes_and_keys_are_back(database: Database) -> None:
    if database.is_sqlite:
        return
    query = text("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1")
    keys = text("SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint ORDER BY 1, 2")
    with database.read() as connection:
        before = connection.execute(query).all(), connection.execute(keys).all()
    seed.fill(database, (50, 200), 1, lambda _: None)
    with database.read() as connection:
        assert (connection.execute(query).all(), connection.execute(keys).all()) == before


def test_an_install_in_use_is_left_alone(database: Database) -> None:
    a_contact(database)
    with pytest.raises(seed.CannotSeed):
        seed.fill(database, SIZE, 1, lambda _: None)


def test_command_says_what_it_needs(tmp_path: Path) -> None:
    parley(tmp_path, "db", "upgrade")
    done = parley(tmp_path, "seed", "--conversations", "10", "--messages", "10")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: Seeding needs PostgreSQL")
