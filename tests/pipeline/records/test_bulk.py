"""Many rows in one statement: every column type comes back as it went, on both databases."""

import uuid
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from pipeline.database import Database
from pipeline.ids import new_id
from pipeline.records import bulk
from pipeline.records.base import among
from pipeline.records.core import contacts
from pipeline.records.core.contacts import Contact
from pipeline.records.core.lanes import Lane
from pipeline.records.core.log_rows import outbound_row
from pipeline.records.core.messages import Message
from pipeline.records.core.senders import Sender
from tests.builders import a_contact, rows

NOW = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)

# What a text column takes; JSON columns keep the rest as escapes.
texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)
moments = st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 (hypothesis adds the zone)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
contact_rows = st.fixed_dictionaries(
    {
        "phone": st.none() | texts,
        "name": texts,
        "attributes": st.dictionaries(st.text(max_size=5), json_values, max_size=3),
        "is_blocked": st.booleans(),
        "created_at": moments,
        "last_seen_at": st.none() | moments,
    }
)


def test_every_type_survives_an_insert(database: Database) -> None:
    @settings(max_examples=25, deadline=None)
    @given(st.lists(contact_rows, min_size=1, max_size=4))
    def check(values: list[dict[str, Any]]) -> None:
        made = [{"id": new_id(), "key": str(uuid.uuid4()), **row} for row in values]
        with database.write() as connection:
            bulk.add(connection, Contact, made)
            found = contacts.by_keys(connection, [row["key"] for row in made])
        for row in made:
            kept = found[row["key"]]._asdict()
            assert {name: kept[name] for name in row} == row
            assert kept["opt_outs"] == {}

    check()


def test_every_type_survives_an_update(database: Database) -> None:
    contact = a_contact(database)

    @settings(max_examples=25, deadline=None)
    @given(contact_rows)
    def check(values: dict[str, Any]) -> None:
        with database.write() as connection:
            bulk.change(connection, Contact, [{"id": contact.id, **values}])
            found = contacts.by_id(connection, contact.id)
        assert found is not None
        assert {name: getattr(found, name) for name in values} == values

    check()


def test_rows_get_ids_in_their_order(database: Database) -> None:
    contact = a_contact(database)
    made = [
        outbound_row(
            contact_id=contact.id,
            channel="sms",
            our_number="+15550100",
            provider="post",
            author="bot",
            body=str(number),
            created_at=NOW,
        )
        for number in range(200)
    ]
    with database.write() as connection:
        bulk.add(connection, Message, made)
    kept = sorted(rows(database, Message), key=lambda row: row.id)
    assert [row.body for row in kept] == [str(number) for number in range(200)]
    assert {(row.attempts, row.error, row.provider_id, row.ordinal) for row in kept} == {
        (0, "", None, None)
    }


def test_floats_and_words_survive(database: Database) -> None:
    made = [
        {"address": f"sms {n}", "rate": n / 3, "tokens": 1e-9, "refilled_at": NOW} for n in range(3)
    ]
    with database.write() as connection:
        bulk.add(connection, Sender, made)
    kept = {row.address: row for row in rows(database, Sender)}
    assert [kept[row["address"]].rate for row in made] == [0.0, 1 / 3, 2 / 3]
    assert {row.circuit for row in kept.values()} == {"closed"}


def test_moments_of_other_zones_are_the_same_moment(database: Database) -> None:
    kathmandu = timezone(timedelta(hours=5, minutes=45))
    contact = a_contact(database, created_at=NOW.astimezone(kathmandu))
    with database.write() as connection:
        bulk.change(
            connection, Contact, [{"id": contact.id, "last_seen_at": NOW.astimezone(kathmandu)}]
        )
    (kept,) = rows(database, Contact)
    assert (kept.created_at, kept.last_seen_at) == (NOW, NOW)


def test_known_row_is_passed_over(database: Database) -> None:
    contact = a_contact(database)
    new = {"id": new_id(), "key": contact.key, "created_at": NOW}
    other = {"id": new_id(), "key": "other", "created_at": NOW}
    with database.write() as connection:
        bulk.add(connection, Contact, [new, other], skip_known=True)
    assert {row.key for row in rows(database, Contact)} == {contact.key, "other"}
    with pytest.raises(IntegrityError), database.write() as connection:
        bulk.add(connection, Contact, [new])


def test_change_finds_rows_by_two_columns(database: Database) -> None:
    lanes = [
        {"direction": direction, "key": key, "due_at": NOW}
        for direction in ("inbound", "outbound")
        for key in ("a", "b")
    ]
    changed = {"direction": "inbound", "key": "b", "due_at": None, "attempts": 2}
    with database.write() as connection:
        bulk.add(connection, Lane, lanes)
        bulk.change(
            connection,
            Lane,
            [changed],
            key=("direction", "key"),
            also=(("has_more", Lane.attempts == 0),),
        )
    kept = {(row.direction, row.key): row for row in rows(database, Lane)}
    assert (kept["inbound", "b"].due_at, kept["inbound", "b"].attempts) == (None, 2)
    assert kept["inbound", "b"].has_more
    assert [row.due_at for where, row in kept.items() if where != ("inbound", "b")] == [NOW] * 3


@pytest.mark.parametrize("count", [0, 1, 3, 500])
def test_among_finds_those_and_no_others(database: Database, count: int) -> None:
    with database.write() as connection:
        made = [{"id": new_id(), "key": str(n), "created_at": NOW} for n in range(count + 2)]
        bulk.add(connection, Contact, made)
        wanted = [row["key"] for row in made[:count]]
        by_text = select(Contact.key).where(among(connection, Contact.key, wanted))
        by_uuid = select(Contact.key).where(
            among(connection, Contact.id, [row["id"] for row in made[:count]])
        )
        assert set(connection.execute(by_text).scalars()) == set(wanted)
        assert set(connection.execute(by_uuid).scalars()) == set(wanted)
