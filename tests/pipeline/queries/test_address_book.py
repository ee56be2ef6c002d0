"""Contacts as a page lists them: counts, channels, what is open."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row

from pipeline.database import Database
from pipeline.queries import address_book
from pipeline.queries.address_book import ListedContact
from pipeline.records.core.contacts import ContactRow
from tests.builders import a_contact, a_conversation

NOW = datetime.now(UTC)


def listed(database: Database, words: str = "", limit: int = 10) -> list[ListedContact]:
    with database.read() as connection:
        return address_book.listing(connection, words, None, limit)


def _row(contact: Row[Any]) -> ContactRow:
    """A contact as it is read."""
    return ContactRow._make(getattr(contact, name) for name in ContactRow._fields)


def test_a_contact_shows_what_it_has(database: Database) -> None:
    contact = a_contact(database)
    a_conversation(database, contact, closed_at=NOW)
    a_conversation(database, contact, channel="whatsapp", state="support")
    a_conversation(database, contact, our_number="+15550109")
    a_conversation(database)
    (known,) = listed(database, contact.phone)
    assert known.contact == _row(contact)
    assert known.channels == ("sms", "whatsapp")
    assert known.conversations == 3
    assert sorted(row.state for row in known.open) == ["start", "support"]


def test_a_contact_without_a_word_is_listed(database: Database) -> None:
    contact = a_contact(database)
    assert listed(database) == [ListedContact(_row(contact), (), 0, ())]


def test_the_newest_is_first_and_pages_follow(database: Database) -> None:
    made = [a_contact(database, created_at=NOW - timedelta(days=day)) for day in range(5)]
    first = listed(database, limit=2)
    assert [known.contact for known in first] == [_row(one) for one in made[:2]]
    after = first[-1].contact.created_at, first[-1].contact.id
    with database.read() as connection:
        rest = address_book.listing(connection, "", after, 10)
    assert [known.contact for known in rest] == [_row(one) for one in made[2:]]
