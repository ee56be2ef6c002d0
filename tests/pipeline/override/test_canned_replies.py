"""Canned replies: added, changed, deleted, and who did it."""

import uuid

import pytest

from pipeline import override
from pipeline.database import Database
from pipeline.errors import ChangeRefused, NotFound
from pipeline.records.accounts import canned_replies
from pipeline.records.accounts.audit import AuditEntry
from pipeline.runtime import Runtime
from tests.builders import rows


def titles(database: Database) -> list[str]:
    with database.read() as connection:
        return [row.title for row in canned_replies.listing(connection)]


def test_added_changed_deleted(runtime: Runtime, database: Database) -> None:
    made = override.add_canned_reply(runtime, " Opening  hours ", "9 to 5", actor="ada")
    assert (made.title, made.body, made.created_by) == ("Opening hours", "9 to 5", "ada")
    changed = override.change_canned_reply(runtime, made.id, actor="bob", body="8 to 6")
    assert (changed.title, changed.body, changed.created_by) == ("Opening hours", "8 to 6", "ada")
    override.delete_canned_reply(runtime, made.id, actor="ada")
    assert titles(database) == []
    assert [(e.actor, e.action, e.target) for e in rows(database, AuditEntry)] == [
        ("ada", "add_canned_reply", str(made.id)),
        ("bob", "change_canned_reply", str(made.id)),
        ("ada", "delete_canned_reply", str(made.id)),
    ]


def test_listed_by_title(runtime: Runtime, database: Database) -> None:
    for title in ("b", "C", "a"):
        override.add_canned_reply(runtime, title, "text", actor="ada")
    assert titles(database) == ["a", "b", "C"]


def test_title_is_taken_once(runtime: Runtime) -> None:
    override.add_canned_reply(runtime, "a", "text", actor="ada")
    other = override.add_canned_reply(runtime, "b", "text", actor="ada")
    with pytest.raises(ChangeRefused, match="already"):
        override.add_canned_reply(runtime, "a", "other", actor="ada")
    with pytest.raises(ChangeRefused, match="already"):
        override.change_canned_reply(runtime, other.id, actor="ada", title="a")


@pytest.mark.parametrize(
    ("title", "body"), [("", "x"), (" ", "x"), ("x" * 81, "x"), ("x", " "), ("x", "x" * 1601)]
)
def test_impossible_ones_are_refused(runtime: Runtime, title: str, body: str) -> None:
    with pytest.raises(ChangeRefused):
        override.add_canned_reply(runtime, title, body, actor="ada")


def test_missing_one_is_not_found(runtime: Runtime) -> None:
    with pytest.raises(NotFound):
        override.change_canned_reply(runtime, uuid.uuid4(), actor="ada", body="x")
    with pytest.raises(NotFound):
        override.delete_canned_reply(runtime, uuid.uuid4(), actor="ada")
