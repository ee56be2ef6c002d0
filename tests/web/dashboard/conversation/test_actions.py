"""What an operator does on a conversation's page, and what a refusal gives back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Row

from pipeline.database import Database
from pipeline.records.core.conversations import Conversation
from pipeline.records.core.messages import Message
from pipeline.records.core.timers import Timer
from pipeline.records.core.transitions import Transition
from pipeline.wakeups import Pool
from tests.builders import a_contact, a_conversation, a_message, rows


@pytest.fixture
def talk(database: Database) -> Row[Any]:
    """An open conversation in "start"."""
    return a_conversation(database, a_contact(database, phone="+14155550132"))


def do(client: FlaskClient, talk: Row[Any], what: str, **form: str) -> tuple[int, str]:
    answer = client.post(f"/conversations/{talk.id}/{what}", data=form)
    return answer.status_code, answer.text


def now(database: Database, talk: Row[Any]) -> Row[Any]:
    return next(row for row in rows(database, Conversation) if row.id == talk.id)


def test_state_is_changed_with_its_reason(
    operator: FlaskClient, database: Database, talk: Row[Any], wakeups: list[Pool]
) -> None:
    status, _ = do(operator, talk, "state", state="support", reason="asked for it")
    assert status == 303
    assert now(database, talk).state == "support"
    (step,) = rows(database, Transition)
    assert (step.cause, step.reason) == ("operator", "asked for it")
    assert wakeups == ["converse"]
    page = operator.get(f"/conversations/{talk.id}").text
    assert "State changed to support." in page
    assert "asked for it" in page


def test_unknown_state_is_asked_for_twice(
    operator: FlaskClient, database: Database, talk: Row[Any]
) -> None:
    form = {"other": "next_version", "reason": "soon"}
    status, page = do(operator, talk, "state", **form)
    assert status == 422
    assert "The bot has no state “next_version”" in page
    assert 'value="soon"' in page
    assert now(database, talk).state == "start"
    assert do(operator, talk, "state", **form, force="1")[0] == 303
    assert now(database, talk).state == "next_version"


def test_words_are_queued_and_hold(
    operator: FlaskClient, database: Database, talk: Row[Any], wakeups: list[Pool]
) -> None:
    assert (
        do(operator, talk, "messages", body="Hello\r\nthere", key="k", takeover_minutes="30")[0]
        == 303
    )
    (message,) = rows(database, Message)
    assert (message.body, message.status) == ("Hello\nthere", "queued")
    held = now(database, talk)
    assert held.holder == "operator"
    assert timedelta(minutes=29) < held.held_until - datetime.now(UTC) <= timedelta(minutes=30)
    assert "dispatch" in wakeups


def test_double_click_is_one_message(
    operator: FlaskClient, database: Database, talk: Row[Any]
) -> None:
    for _ in range(2):
        assert do(operator, talk, "messages", body="Hello", key="k")[0] == 303
    assert len(rows(database, Message)) == 1
    assert now(database, talk).holder == "bot"


def test_refusal_gives_the_words_back(operator: FlaskClient, database: Database) -> None:
    contact = a_contact(database, opt_outs={"sms +15550100": "2026-01-01T00:00:00+00:00"})
    talk = a_conversation(database, contact)
    status, page = do(operator, talk, "messages", body="Hello <there>", key="k")
    assert status == 409
    assert "STOP" in page
    assert rows(database, Message) == []


def test_empty_message_is_refused_with_its_attachment(
    operator: FlaskClient, database: Database, talk: Row[Any]
) -> None:
    status, page = do(operator, talk, "messages", body="look", media_url="ftp://x/y", key="k")
    assert status == 409
    assert 'value="ftp://x/y"' in page
    assert ">look</textarea>" in page
    assert rows(database, Message) == []


def test_take_over_and_hand_back(operator: FlaskClient, database: Database, talk: Row[Any]) -> None:
    do(operator, talk, "take-over", minutes="30")
    assert now(database, talk).holder == "operator"
    assert [timer.name for timer in rows(database, Timer)] == ["release"]
    assert "Hand back to bot" in operator.get(f"/conversations/{talk.id}").text
    do(operator, talk, "release")
    assert now(database, talk).holder == "bot"
    assert rows(database, Timer) == []
    do(operator, talk, "take-over")
    assert now(database, talk).held_until is None


def test_restart_and_end(operator: FlaskClient, database: Database, talk: Row[Any]) -> None:
    do(operator, talk, "state", state="support")
    do(operator, talk, "restart")
    assert now(database, talk).state == "start"
    do(operator, talk, "end")
    assert now(database, talk).closed_at
    status, page = do(operator, talk, "restart")
    assert status == 409
    assert "has ended" in page


def test_failed_message_is_sent_again(
    operator: FlaskClient, database: Database, talk: Row[Any]
) -> None:
    failed = a_message(
        database,
        talk,
        direction="outbound",
        status="failed",
        body="Your code is ready",
        error="The carrier blocked it.",
        error_code="30007",
        failed_at=datetime.now(UTC),
    )
    page = operator.get(f"/conversations/{talk.id}").text
    assert "not sent: The carrier blocked it. (30007)" in page
    edit = operator.get(f"/conversations/{talk.id}?edit={failed.public_id}").text
    assert ">Your code is ready</textarea>" in edit
    do(operator, talk, "messages", body="Your code", instead_of=str(failed.public_id), key="k")
    bodies = [row.body for row in sorted(rows(database, Message), key=lambda row: row.id)]
    assert bodies == ["Your code is ready", "Your code"]
    page = operator.get(f"/conversations/{talk.id}").text
    assert ">Send again<" not in page
    assert "Edit and send again" not in page


def test_seen_by_an_operator_is_read(
    operator: FlaskClient, viewer: FlaskClient, database: Database, talk: Row[Any]
) -> None:
    viewer.get(f"/conversations/{talk.id}")
    assert "unread" in viewer.get("/conversations?unread=1").text
    assert now(database, talk).read_at is None
    version = now(database, talk).version
    operator.get(f"/conversations/{talk.id}")
    assert now(database, talk).read_at
    assert now(database, talk).version == version


def test_viewer_sees_no_buttons(viewer: FlaskClient, talk: Row[Any]) -> None:
    page = viewer.get(f"/conversations/{talk.id}").text
    for words in ("Take over", "Change state", "<textarea", "Restart"):
        assert words not in page
    assert "You have the viewer role" in page


def test_segments_are_counted(operator: FlaskClient) -> None:
    assert "3 of 160 · 1 segment · GSM-7" in operator.post("/segments", data={"body": "abc"}).text
    accented = operator.post("/segments", data={"body": "привет"}).text
    assert "UCS-2 because of" in accented
    assert operator.post("/segments", data={"body": ""}).text.strip() == ""


def test_window_of_whatsapp_is_told(operator: FlaskClient, database: Database) -> None:
    lately = datetime.now(UTC) - timedelta(hours=3)
    open_talk = a_conversation(database, channel="whatsapp", last_inbound_at=lately)
    assert "20 h left to reply" in operator.get(f"/conversations/{open_talk.id}").text
    closed = a_conversation(database, channel="whatsapp", last_inbound_at=lately - timedelta(1))
    page = operator.get(f"/conversations/{closed.id}").text
    assert "only within 24 hours" in page
    assert "<textarea" not in page


def test_unknown_conversation_is_a_page(operator: FlaskClient) -> None:
    answer = operator.get(
        "/conversations/01980000-0000-7000-8000-000000000000", headers={"Accept": "text/html"}
    )
    assert (answer.status_code, "Conversation not found" in answer.text) == (404, True)
