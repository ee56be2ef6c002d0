"""/api/v1/conversations: lists, filters, the state control and writing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pipeline.database import Database
from pipeline.records.core.inbox import Entry
from pipeline.records.core.messages import Message
from pipeline.wakeups import Pool
from tests.builders import a_contact, a_conversation, a_message, a_transition, rows
from tests.web.conftest import Caller

NOW = datetime.now(UTC)


def ids(api: Caller, path: str) -> list[str]:
    return [item["id"] for item in api("GET", path).get_json()["items"]]


def test_list_has_latest_activity_first(api: Caller, database: Database) -> None:
    older = a_conversation(database, last_message_at=NOW - timedelta(hours=1))
    newer = a_conversation(database, last_message_at=NOW)
    assert ids(api, "/conversations") == [str(newer.id), str(older.id)]


def test_pages_hold_everything_once(api: Caller, database: Database) -> None:
    # Several with the very same moment, so that the id has to break the tie.
    made = {str(a_conversation(database, last_message_at=NOW).id) for _ in range(5)}
    seen: list[str] = []
    cursor = ""
    while True:
        page = api(
            "GET", f"/conversations?limit=2&cursor={cursor}" if cursor else "/conversations?limit=2"
        ).get_json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == 5
    assert set(seen) == made


def test_states_filter_finds_open_ones(api: Caller, database: Database) -> None:
    first = a_conversation(database, state="start", last_message_at=NOW)
    second = a_conversation(database, state="old", last_message_at=NOW - timedelta(hours=1))
    a_conversation(database, state="support")
    a_conversation(database, state="start", closed_at=NOW)
    assert ids(api, "/conversations?state=old&state=start") == [str(first.id), str(second.id)]


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("q=0132", True),
        ("q=%2B1 415 555 0132", True),
        ("q=(415) 555-0132", True),
        ("q=ada", True),
        ("q=DA 10%25_", True),
        ("q=%25", True),
        ("q=Da 10_", False),
        ("q=grace", False),
        ("q=%00", False),
        ("channel=whatsapp", False),
        ("channel=sms", True),
        ("holder=operator", False),
        ("holder=bot&state=start&q=ada", True),
    ],
)
def test_filters(api: Caller, database: Database, query: str, is_found: bool) -> None:
    contact = a_contact(database, phone="+14155550132", name="Ada 10%_")
    a_conversation(database, contact)
    assert bool(ids(api, f"/conversations?{query}")) is is_found


def test_held_ones_are_found(api: Caller, database: Database) -> None:
    held = a_conversation(database, holder="operator", held_by="ada@example.com")
    a_conversation(database)
    assert ids(api, "/conversations?holder=operator") == [str(held.id)]


def test_one_conversation_has_its_fields(api: Caller, database: Database) -> None:
    contact = a_contact(database, phone="+14155550132", name="Ada")
    made = a_conversation(database, contact, state="gone", data={"step": 2}, opened_at=NOW)
    shown = api("GET", f"/conversations/{made.id}").get_json()
    assert shown["contact_id"] == str(contact.id)
    assert (shown["phone"], shown["name"], shown["channel"]) == ("+14155550132", "Ada", "sms")
    assert (shown["state"], shown["state_known"], shown["data"]) == ("gone", False, {"step": 2})
    assert (shown["holder"], shown["closed_at"]) == ("bot", None)
    assert datetime.fromisoformat(shown["opened_at"]) == NOW
    assert shown["opened_at"].endswith("+00:00")


def test_messages_are_oldest_first_in_pages(api: Caller, database: Database) -> None:
    conversation = a_conversation(database)
    for number in range(3):
        a_message(database, conversation, body=str(number))
    first = api("GET", f"/conversations/{conversation.id}/messages?limit=2").get_json()
    assert [item["body"] for item in first["items"]] == ["0", "1"]
    path = f"/conversations/{conversation.id}/messages?limit=2&cursor={first['next']}"
    rest = api("GET", path).get_json()
    assert ([item["body"] for item in rest["items"]], rest["next"]) == (["2"], None)


def test_message_tells_what_it_offers(api: Caller, database: Database) -> None:
    talk = a_conversation(database)
    offered = [{"number": 4, "id": "yes", "title": "Yes", "about": ""}]
    a_message(database, talk, direction="outbound", kind="buttons", content={"choices": offered})
    a_message(database, talk)
    items = api("GET", f"/conversations/{talk.id}/messages").get_json()["items"]
    assert [item["choices"] for item in items] == [
        [{"number": 4, "id": "yes", "title": "Yes"}],
        [],
    ]


def test_failed_message_says_why(api: Caller, database: Database) -> None:
    conversation = a_conversation(database)
    made = a_message(
        database,
        conversation,
        direction="outbound",
        status="undelivered",
        error_code="30003",
        error="The phone is off.",
        status_times={"sent": NOW.isoformat()},
        segments=2,
    )
    (shown,) = api("GET", f"/conversations/{conversation.id}/messages").get_json()["items"]
    assert shown["id"] == str(made.public_id)
    assert (shown["direction"], shown["author"], shown["kind"]) == ("outbound", "bot", "text")
    assert (shown["status"], shown["error_code"]) == ("undelivered", "30003")
    assert (shown["error"], shown["segments"]) == ("The phone is off.", 2)
    assert shown["provider_id"] == made.provider_id
    assert shown["status_times"] == {"sent": NOW.isoformat()}


def test_transitions_say_who_and_why(api: Caller, database: Database) -> None:
    conversation = a_conversation(database)
    a_transition(database, conversation, data_after={"name": "Ada"})
    (step,) = api("GET", f"/conversations/{conversation.id}/transitions").get_json()["items"]
    assert (step["from_state"], step["to_state"], step["cause"]) == ("start", "support", "bot")
    assert (step["actor"], step["data_after"]) == ("tester", {"name": "Ada"})


def test_state_set_by_hand(api: Caller, database: Database, wakeups: list[Pool]) -> None:
    made = a_conversation(database)
    change = {"state": "greet", "reason": "was stuck"}
    answer = api("PATCH", f"/conversations/{made.id}", json=change)
    assert (answer.status_code, answer.get_json()["state"]) == (200, "greet")
    assert wakeups == ["converse"]
    assert [entry.kind for entry in rows(database, Entry)] == ["enter"]
    (step,) = api("GET", f"/conversations/{made.id}/transitions").get_json()["items"]
    assert (step["cause"], step["actor"], step["reason"]) == ("operator", "token:crm", "was stuck")


def test_unknown_state_is_422_with_the_states(api: Caller, database: Database) -> None:
    made = a_conversation(database)
    answer = api("PATCH", f"/conversations/{made.id}", json={"state": "nowhere"})
    assert answer.status_code == 422
    assert answer.get_json(force=True)["states"] == ["start", "support", "greet"]
    forced = api("PATCH", f"/conversations/{made.id}", json={"state": "nowhere", "force": True})
    assert (forced.status_code, forced.get_json()["state_known"]) == (200, False)


@pytest.mark.parametrize(
    "change", [{}, {"state": ""}, {"state": 5}, {"state": "start", "x": 1}, []]
)
def test_impossible_change_is_422(api: Caller, database: Database, change: Any) -> None:
    made = a_conversation(database)
    assert api("PATCH", f"/conversations/{made.id}", json=change).status_code == 422


def test_reset_starts_over(api: Caller, database: Database, wakeups: list[Pool]) -> None:
    made = a_conversation(database, state="support", data={"name": "Ada"})
    shown = api("POST", f"/conversations/{made.id}/reset").get_json()
    assert (shown["state"], shown["data"]) == ("start", {})
    assert wakeups == ["converse"]


def test_ended_conversation_is_409(api: Caller, database: Database) -> None:
    made = a_conversation(database, closed_at=NOW)
    assert api("POST", f"/conversations/{made.id}/reset").status_code == 409
    answer = api("POST", f"/conversations/{made.id}/messages", json={"body": "hi"})
    assert (answer.status_code, answer.mimetype) == (409, "application/problem+json")


def test_message_is_queued(api: Caller, database: Database, wakeups: list[Pool]) -> None:
    made = a_conversation(database)
    answer = api("POST", f"/conversations/{made.id}/messages", json={"body": "Hello 👋"})
    shown = answer.get_json()
    assert (answer.status_code, shown["status"]) == (201, "queued")
    assert (shown["author"], shown["body"]) == ("token:crm", "Hello 👋")
    assert shown["conversation_id"] == str(made.id)
    assert wakeups == ["dispatch"]


def test_same_idempotency_key_is_one_message(api: Caller, database: Database) -> None:
    made = a_conversation(database)
    answers = [
        api(
            "POST",
            f"/conversations/{made.id}/messages",
            json={"body": "hi"},
            headers={"Idempotency-Key": "order-1"},
        )
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert len({answer.get_json()["id"] for answer in answers}) == 1
    assert len(rows(database, Message)) == 1


@pytest.mark.parametrize(
    "body", [{}, {"body": ""}, {"body": " \n"}, {"body": "x" * 1601}, {"body": 1}]
)
def test_impossible_message_is_422(api: Caller, database: Database, body: Any) -> None:
    made = a_conversation(database)
    answer = api("POST", f"/conversations/{made.id}/messages", json=body)
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert rows(database, Message) == []
