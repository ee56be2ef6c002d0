"""/api/v1/conversations, by hand: one state for many, holds, ends, files, and what was read."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pipeline.database import Database
from pipeline.records.accounts.audit import AuditEntry
from pipeline.records.core.conversations import Conversation
from pipeline.records.core.messages import Message
from pipeline.records.core.timers import Timer
from pipeline.wakeups import Pool
from tests.builders import a_conversation, a_message, a_runtime, a_token, rows
from tests.web.conftest import Caller
from web.app import create_app

NOW = datetime.now(UTC)


def test_who_is_rung_for_finds_state_and_holder(database: Database) -> None:
    found: list[tuple[str, str]] = []

    def notify(_: Pool) -> None:
        found.extend((row.state, row.holder) for row in rows(database, Conversation))

    crm = Caller(create_app(a_runtime(database), notify), a_token(database, "operator"))
    made = a_conversation(database)
    change = {"state": "greet", "holder": "operator"}
    shown = crm("PATCH", f"/conversations/{made.id}", json=change).get_json()
    assert (shown["state"], shown["holder"]) == ("greet", "operator")
    assert found == [("greet", "operator")]


def test_hold_with_minutes(api: Caller, database: Database, wakeups: list[Pool]) -> None:
    made = a_conversation(database)
    change = {"holder": "operator", "minutes": 30}
    shown = api("PATCH", f"/conversations/{made.id}", json=change).get_json()
    assert (shown["holder"], shown["held_by"]) == ("operator", "token:crm")
    left = datetime.fromisoformat(shown["held_until"]) - datetime.now(UTC)
    assert timedelta(minutes=29) < left <= timedelta(minutes=30)
    assert [timer.name for timer in rows(database, Timer)] == ["release"]
    assert wakeups == []
    shown = api("PATCH", f"/conversations/{made.id}", json={"holder": "bot"}).get_json()
    assert (shown["holder"], shown["held_by"], shown["held_until"]) == ("bot", None, None)
    # A state that was set meanwhile is entered now.
    assert wakeups == ["converse"]


@pytest.mark.parametrize(
    "change",
    [
        {"holder": "operator", "minutes": 0},
        {"holder": "operator", "minutes": 10_081},
        {"holder": "operator", "minutes": "30"},
        {"holder": "bot", "minutes": 30},
        {"state": "support", "minutes": 30},
        {"minutes": 30},
        {"state": "support", "force": 1},
    ],
)
def test_impossible_hold_is_422(api: Caller, database: Database, change: Any) -> None:
    made = a_conversation(database)
    assert api("PATCH", f"/conversations/{made.id}", json=change).status_code == 422
    (now,) = rows(database, Conversation)
    assert (now.holder, now.state) == ("bot", "start")


def test_many_after_a_dry_run(api: Caller, database: Database, wakeups: list[Pool]) -> None:
    for state in ("start", "start", "support", "gone"):
        a_conversation(database, state=state)
    wanted = {"filter": {"state": ["start", "support"]}, "state": "support"}
    dry = api("POST", "/conversations/state", json=wanted | {"dry_run": True}).get_json()
    assert dry == {"found": 3, "changed": 0, "skipped": 0}
    assert wakeups == []
    done = api("POST", "/conversations/state", json=wanted | {"expected": 3, "reason": "new"})
    assert done.get_json() == {"found": 3, "changed": 2, "skipped": 1}
    assert wakeups == ["converse"]
    assert sorted(row.state for row in rows(database, Conversation)) == ["gone"] + ["support"] * 3
    (entry,) = rows(database, AuditEntry)
    assert (entry.action, entry.details["found"]) == ("change_states", 3)


def test_many_more_than_expected_is_409(api: Caller, database: Database) -> None:
    for _ in range(12):
        a_conversation(database)
    wanted = {"filter": {}, "state": "support", "expected": 1}
    answer = api("POST", "/conversations/state", json=wanted)
    assert (answer.status_code, answer.mimetype) == (409, "application/problem+json")


@pytest.mark.parametrize(
    "change",
    [
        {"state": "support"},
        {"filter": {}},
        {"filter": {"nonsense": 1}, "state": "support"},
        {"filter": {"unread": "yes"}, "state": "support"},
        {"filter": {}, "state": "nowhere"},
        {"filter": {}, "state": "nowhere", "dry_run": True},
    ],
)
def test_impossible_bulk_change_is_422(api: Caller, database: Database, change: Any) -> None:
    a_conversation(database)
    assert api("POST", "/conversations/state", json=change).status_code == 422
    assert rows(database, Conversation)[0].state == "start"


def test_close_ends_it(api: Caller, database: Database) -> None:
    made = a_conversation(database)
    shown = api("POST", f"/conversations/{made.id}/close").get_json()
    assert shown["closed_at"]
    assert api("POST", f"/conversations/{made.id}/close").status_code == 409


def test_read_takes_the_mark_away(api: Caller, database: Database) -> None:
    made = a_conversation(database, version=3)
    a_message(database, made, direction="outbound", status="failed", failed_at=NOW)
    shown = api("GET", f"/conversations/{made.id}").get_json()
    assert (shown["unread"], shown["failed"]) == (True, True)
    shown = api("POST", f"/conversations/{made.id}/read").get_json()
    assert (shown["unread"], shown["failed"]) == (False, True)
    assert rows(database, Conversation)[0].version == 3
    nobody = a_message(database, made).public_id
    assert api("POST", f"/conversations/{nobody}/read").status_code == 404


def test_files_and_a_hold_go_with_words(api: Caller, database: Database) -> None:
    made = a_conversation(database)
    wanted = {"media_urls": ["https://example.com/a.jpg"], "hold_minutes": None}
    answer = api("POST", f"/conversations/{made.id}/messages", json=wanted)
    shown = answer.get_json()
    assert (answer.status_code, shown["kind"], shown["body"]) == (201, "image", "")
    assert [item["url"] for item in shown["media"]] == wanted["media_urls"]
    (now,) = rows(database, Conversation)
    assert (now.holder, now.held_until) == ("operator", None)


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ({"media_urls": []}, 422),
        ({"media_urls": "https://example.com/a.jpg"}, 422),
        ({"media_urls": ["https://example.com/a.jpg"] * 11}, 422),
        ({"media_urls": ["http://example.com/a.jpg"]}, 409),
        ({"body": "hi", "hold_minutes": 0}, 422),
        ({"body": "hi", "hold_minutes": False}, 422),
    ],
)
def test_impossible_files_and_holds(
    api: Caller, database: Database, wanted: Any, status: int
) -> None:
    made = a_conversation(database)
    answer = api("POST", f"/conversations/{made.id}/messages", json=wanted)
    assert answer.status_code == status
    assert rows(database, Message) == []


def test_more_filters(api: Caller, database: Database) -> None:
    ended = a_conversation(database, closed_at=NOW)
    held = a_conversation(database, holder="operator", held_by="ada@example.com")
    failing = a_conversation(database, read_at=NOW + timedelta(hours=1))
    a_message(database, failing, direction="outbound", status="failed", failed_at=NOW)

    def found(query: str) -> set[str]:
        items = api("GET", f"/conversations?{query}").get_json()["items"]
        return {item["id"] for item in items}

    assert found("open=false") == {str(ended.id)}
    assert found("held_by=ada@example.com") == {str(held.id)}
    assert found("failed=true") == {str(failing.id)}
    assert found("unread=true") == {str(ended.id), str(held.id)}
    assert found("since=2999-01-01T00:00:00Z") == set()
    assert found("until=0001-01-01T00:00:00%2B14:00") == set()
    assert len(found("since=0001-01-01T00:00:00Z&until=9999-12-31T23:59:59-14:00")) == 3
