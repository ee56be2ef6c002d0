"""/api/v1/failures and what is done about them: turns run again, messages sent again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pipeline.database import Database
from pipeline.records.core.inbox import Entry
from pipeline.records.core.messages import Message
from pipeline.wakeups import Pool
from tests.builders import a_contact, a_conversation, a_message, an_entry, rows
from tests.web.conftest import Caller

NOW = datetime.now(UTC)


def parked(database: Database, **values: Any) -> Any:
    given = {"status": "parked", "is_filed": True, "attempts": 5, "handled_at": NOW}
    return an_entry(database, **(given | values))


def test_parked_turns_in_pages(api: Caller, database: Database) -> None:
    contact = a_contact(database, name="Ada")
    first = parked(database, lane=contact.key, error="RuntimeError: broken\n\nTraceback …")
    parked(database, kind="timer", payload={"name": "timeout"})
    an_entry(database)
    page = api("GET", "/failures/turns?limit=1").get_json()
    (turn,) = page["items"]
    assert (turn["id"], turn["kind"], turn["text"]) == (first.id, "message", "hi")
    assert (turn["contact_id"], turn["phone"]) == (str(contact.id), contact.phone)
    assert (turn["name"], turn["attempts"]) == ("Ada", 5)
    assert turn["error"].startswith("RuntimeError")
    (other,) = api("GET", f"/failures/turns?cursor={page['next']}").get_json()["items"]
    assert (other["kind"], other["text"], other["contact_id"]) == ("timer", "", None)


@pytest.mark.parametrize("payload", [{"message": None}, {"message": []}, {"message": {"text": 5}}])
def test_odd_turns_are_listed(api: Caller, database: Database, payload: Any) -> None:
    parked(database, payload=payload)
    (turn,) = api("GET", "/failures/turns").get_json()["items"]
    assert turn["text"] == ""


def test_turn_is_run_again_or_skipped(api: Caller, database: Database, wakeups: list[Pool]) -> None:
    first, second = parked(database), parked(database)
    assert api("POST", f"/failures/turns/{first.id}/rerun").status_code == 204
    assert wakeups == ["converse"]
    assert api("POST", f"/failures/turns/{second.id}/skip").status_code == 204
    assert {row.id: row.status for row in rows(database, Entry)} == {
        first.id: "waiting",
        second.id: "ignored",
    }
    for entry in (first, second):
        assert api("POST", f"/failures/turns/{entry.id}/rerun").status_code == 409
    assert api("GET", "/failures/turns").get_json()["items"] == []


def test_all_turns_or_those_of_a_contact(
    api: Caller, database: Database, wakeups: list[Pool]
) -> None:
    contact = a_contact(database)
    for lane in (contact.key, contact.key, "+14155550199"):
        parked(database, lane=lane)
    answer = api("POST", f"/failures/turns/rerun?contact_id={contact.id}")
    assert answer.get_json() == {"turns": 2}
    assert api("POST", "/failures/turns/rerun").get_json() == {"turns": 1}
    assert wakeups == ["converse"] * 2
    nobody = a_message(database, a_conversation(database)).public_id
    assert api("POST", f"/failures/turns/rerun?contact_id={nobody}").status_code == 404


@pytest.mark.parametrize("number", ["0", "7", str(2**63), str(10**30)])
def test_unknown_turn_is_404(api: Caller, number: str) -> None:
    for verb in ("rerun", "skip"):
        assert api("POST", f"/failures/turns/{number}/{verb}").status_code == 404


def test_failed_messages_latest_first(api: Caller, database: Database) -> None:
    talk = a_conversation(database)
    failed = {"direction": "outbound", "status": "undelivered", "error": "The phone is off."}
    made = [
        a_message(database, talk, failed_at=NOW - timedelta(hours=hours), **failed)
        for hours in range(3)
    ]
    a_message(database, talk, **failed)
    page = api("GET", "/failures/messages?limit=2").get_json()
    rest = api("GET", f"/failures/messages?cursor={page['next']}").get_json()
    items = page["items"] + rest["items"]
    assert [item["id"] for item in items] == [str(row.public_id) for row in made]
    assert (items[0]["error"], items[0]["why_not_again"]) == ("The phone is off.", None)
    assert datetime.fromisoformat(items[0]["failed_at"]) == NOW
    assert rest["next"] is None


def test_message_is_sent_again(api: Caller, database: Database, wakeups: list[Pool]) -> None:
    talk = a_conversation(database)
    failed = a_message(
        database, talk, direction="outbound", status="failed", failed_at=NOW, body="Hello"
    )
    path = f"/messages/{failed.public_id}/retry"
    answers = [api("POST", path, json={"body": "Hello again"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    shown = answers[0].get_json()
    assert (shown["body"], shown["author"], shown["status"]) == (
        "Hello again",
        "token:crm",
        "queued",
    )
    assert api("POST", path, json={}).status_code == 409
    assert set(wakeups) == {"dispatch"}
    assert api("GET", "/failures/messages").get_json()["items"] == []


def test_message_is_dismissed(api: Caller, database: Database) -> None:
    talk = a_conversation(database)
    failed = a_message(database, talk, direction="outbound", status="failed", failed_at=NOW)
    assert api("POST", f"/messages/{failed.public_id}/dismiss").status_code == 204
    assert rows(database, Message)[0].failed_at is None
    heard = a_message(database, talk)
    assert api("POST", f"/messages/{heard.public_id}/dismiss").status_code == 409
    assert api("POST", f"/messages/{talk.id}/dismiss").status_code == 404
