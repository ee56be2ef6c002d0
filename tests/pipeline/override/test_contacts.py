"""The operator's verbs on contacts: what they change, what they keep, what they refuse."""

import uuid
from typing import Any

import pytest
from sqlalchemy import Row

from pipeline import override
from pipeline.database import Database
from pipeline.errors import ChangeRefused, NotFound, NumberRefused
from pipeline.records.accounts.audit import AuditEntry
from pipeline.records.core.contacts import Contact
from pipeline.runtime import Runtime
from tests.builders import a_contact, a_runtime, rows

ADA = "ada@example.com"


@pytest.fixture
def runtime(database: Database) -> Runtime:
    """A simulator that runs the builders' bot."""
    return a_runtime(database)


def changed(
    runtime: Runtime, contact: Row[Any], name: str | None = None, **attributes: str
) -> Row[Any]:
    """The contact after a change by hand."""
    override.change_contact(
        runtime,
        contact.id,
        actor=ADA,
        name=contact.name if name is None else name,
        attributes=attributes,
    )
    (row,) = rows(runtime.database, Contact)
    return row


def actions(database: Database) -> list[str]:
    return [entry.action for entry in rows(database, AuditEntry)]


def test_a_new_number_is_a_new_contact(runtime: Runtime, database: Database) -> None:
    contact, is_new = override.add_contact(runtime, "+1 (415) 555-0132", actor=ADA)
    assert is_new
    assert (contact.key, contact.phone) == ("+14155550132", "+14155550132")
    assert actions(database) == ["create_contact"]


def test_a_known_number_is_its_contact(runtime: Runtime, database: Database) -> None:
    known = a_contact(database, phone="+14155550132")
    contact, is_new = override.add_contact(runtime, "+14155550132", actor=ADA)
    assert (contact.id, is_new) == (known.id, False)
    assert actions(database) == []


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("written", ["", "hello", "4155550132", "+1", "\x00", "+1" * 500])
def test_what_is_no_number_is_refused(
    runtime: Runtime, database: Database, written: str, force: bool
) -> None:
    with pytest.raises(ChangeRefused, match="Include the country code"):
        override.add_contact(runtime, written, actor=ADA, force=force)
    assert rows(database, Contact) == []


@pytest.mark.parametrize("written", ["+999", "+1 415 555", "+24273", "+141555501329999"])
def test_a_doubtful_number_is_added_only_by_force(
    runtime: Runtime, database: Database, written: str
) -> None:
    with pytest.raises(NumberRefused, match="look like a complete phone number") as refused:
        override.add_contact(runtime, written, actor=ADA)
    assert refused.value.is_doubtful
    assert rows(database, Contact) == []
    contact, is_new = override.add_contact(runtime, written, actor=ADA, force=True)
    assert (contact.phone, is_new) == (written.replace(" ", ""), True)


def test_attributes_are_set_and_taken_away(runtime: Runtime, database: Database) -> None:
    contact = a_contact(database, attributes={"plan": "monthly", "old": "x", "other": "stays"})
    row = changed(runtime, contact, plan="yearly", old="", language=" en ")
    assert row.attributes == {"plan": "yearly", "other": "stays", "language": "en"}
    (entry,) = rows(database, AuditEntry)
    assert entry.action == "change_contact"
    assert entry.details == {"fields": ["language", "old", "plan"]}


def test_a_number_among_attributes_stays_one(runtime: Runtime, database: Database) -> None:
    contact = a_contact(database, attributes={"orders": 3, "tags": ["a"]})
    assert changed(runtime, contact, orders="3", tags="['a']").attributes == contact.attributes
    assert actions(database) == []


def test_a_name_by_hand_is_kept_as_one(runtime: Runtime, database: Database) -> None:
    contact = a_contact(database, name="joey99")
    row = changed(runtime, contact, name=" Jo Example ")
    assert (row.name, row.attributes) == ("Jo Example", {"name": "Jo Example"})
    row = changed(runtime, row, name="")
    assert (row.name, row.attributes) == ("", {})


def test_an_unchanged_name_stays_the_contacts_own(runtime: Runtime, database: Database) -> None:
    row = changed(runtime, a_contact(database, name="joey99"), plan="yearly")
    assert (row.name, row.attributes) == ("joey99", {"plan": "yearly"})


def test_odd_letters_are_stored(runtime: Runtime, database: Database) -> None:
    row = changed(runtime, a_contact(database), name="a\x00b\ud800", **{"k\x00": "v\udfff"})
    assert row.name == "a\ufffdb\ufffd"
    assert row.attributes == {"k\ufffd": "v\ufffd", "name": "a\ufffdb\ufffd"}


def test_too_much_is_refused(runtime: Runtime, database: Database) -> None:
    contact = a_contact(database)
    with pytest.raises(ChangeRefused, match="up to 1000 characters"):
        changed(runtime, contact, plan="x" * 1001)
    with pytest.raises(ChangeRefused, match="up to 50 attributes"):
        changed(runtime, contact, **{f"a{number}": "x" for number in range(51)})


def test_blocking_is_undone(runtime: Runtime, database: Database) -> None:
    contact = a_contact(database)
    for _ in range(2):
        override.block(runtime, contact.id, actor=ADA)
    assert [row.is_blocked for row in rows(database, Contact)] == [True]
    override.unblock(runtime, contact.id, actor=ADA)
    assert [row.is_blocked for row in rows(database, Contact)] == [False]
    assert actions(database) == ["block", "unblock"]


def test_nobody_is_not_found(runtime: Runtime) -> None:
    nobody = uuid.uuid4()
    with pytest.raises(NotFound):
        override.block(runtime, nobody, actor=ADA)
    with pytest.raises(NotFound):
        override.change_contact(runtime, nobody, actor=ADA, name="", attributes={})
