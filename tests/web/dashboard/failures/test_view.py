"""The page of what failed: reasons in plain words, run again, skip, send again, dismiss."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Row

from pipeline.database import Database
from pipeline.records.core.inbox import Entry
from pipeline.records.core.messages import Message
from pipeline.wakeups import Pool
from tests.builders import a_contact, a_conversation, a_message, an_entry, an_inbound, rows

pytestmark = pytest.mark.both_databases

ERROR = 'state "start" at bots/mine.py:3: <b>boom</b>\n\nTraceback\n  File <script>'
SOME_ID = "01980000-0000-7000-8000-000000000000"


def parked(database: Database, **values: Any) -> Row[Any]:
    message = an_inbound("please <help>", contact_key="+14155550132", phone="+14155550132")
    given: dict[str, Any] = {
        "payload": {"message": message.to_json(), "form": {}},
        "lane": "+14155550132",
    }
    given |= {"status": "parked", "error": ERROR, "attempts": 5, "is_filed": True}
    given |= {"provider_id": message.provider_id, "handled_at": datetime.now(UTC)}
    return an_entry(database, **(given | values))


def failed(database: Database, **values: Any) -> Row[Any]:
    given: dict[str, Any] = {
        "direction": "outbound",
        "status": "undelivered",
        "body": "Your <code>",
    }
    given |= {"error": "The handset is off.", "error_code": "30003"}
    talk = a_conversation(database, a_contact(database))
    return a_message(database, talk, **(given | {"failed_at": datetime.now(UTC)} | values))


def test_nothing_failed_says_so(viewer: FlaskClient) -> None:
    assert "No failures" in viewer.get("/failures").text


def test_turn_shows_its_message_and_error(viewer: FlaskClient, database: Database) -> None:
    a_contact(database, phone="+14155550132")
    parked(database)
    page = viewer.get("/failures").text
    for words in ("+1 415-555-0132", "please &lt;help&gt;", "&lt;b&gt;boom&lt;/b&gt;"):
        assert words in page
    assert "File &lt;script&gt;" in page
    assert "5 attempts" in page
    assert "Retry" not in page


def test_turn_is_run_again(operator: FlaskClient, database: Database, wakeups: list[Pool]) -> None:
    turn = parked(database)
    operator.post(f"/failures/turns/{turn.id}/rerun")
    assert [entry.status for entry in rows(database, Entry)] == ["waiting"]
    assert wakeups == ["converse"]
    again = operator.post(f"/failures/turns/{turn.id}/rerun", follow_redirects=True)
    assert "no longer parked" in again.text


def test_turn_is_skipped_and_stays_in_the_log(operator: FlaskClient, database: Database) -> None:
    turn = parked(database)
    page = operator.post(f"/failures/turns/{turn.id}/skip", follow_redirects=True).text
    assert "stays in the conversation" in page
    assert [row.body for row in rows(database, Message)] == ["please <help>"]
    assert [entry.status for entry in rows(database, Entry)] == ["ignored"]


def test_every_turn_is_run_again(operator: FlaskClient, database: Database) -> None:
    for _ in range(3):
        parked(database)
    page = operator.post("/failures/turns/rerun", follow_redirects=True).text
    assert "Retrying 3 turns…" in page
    assert {entry.status for entry in rows(database, Entry)} == {"waiting"}


def test_message_says_why_and_is_sent_again(
    operator: FlaskClient, database: Database, wakeups: list[Pool]
) -> None:
    message = failed(database)
    page = operator.get("/failures").text
    assert "not delivered: The handset is off. (30003)" in page
    assert "Your &lt;code&gt;" in page
    operator.post(f"/failures/messages/{message.public_id}/retry")
    assert sorted(row.status for row in rows(database, Message)) == ["queued", "undelivered"]
    assert wakeups == ["dispatch"]
    assert "No failures" in operator.get("/failures").text


def test_message_is_dismissed(operator: FlaskClient, database: Database) -> None:
    message = failed(database)
    operator.post(f"/failures/messages/{message.public_id}/dismiss")
    (row,) = rows(database, Message)
    assert (row.status, row.failed_at) == ("undelivered", None)


def test_refused_retry_says_why(operator: FlaskClient, database: Database) -> None:
    talk = a_conversation(database, a_contact(database, is_blocked=True))
    message = a_message(
        database,
        talk,
        direction="outbound",
        status="failed",
        error="No.",
        failed_at=datetime.now(UTC),
    )
    answer = operator.post(f"/failures/messages/{message.public_id}/retry", follow_redirects=True)
    assert "blocked" in answer.text


def test_unknown_sends_are_counted(viewer: FlaskClient, database: Database) -> None:
    a_message(database, a_conversation(database), direction="outbound", status="unknown")
    assert "1 message has an unknown outcome" in viewer.get("/failures").text


def test_lists_go_on(viewer: FlaskClient, database: Database) -> None:
    for number in range(32):
        parked(database)
        failed(database, failed_at=datetime.now(UTC) - timedelta(minutes=number))
    page = viewer.get("/failures").text
    assert page.count('id="turn-') == page.count('id="failed-') == 30
    for name in ("turns=", "messages="):
        address = page.split(f'href="/failures?{name}')[1].split('"')[0]
        rest = viewer.get(f"/failures?{name}{address}").text
        assert rest.count(f'id="{"turn" if name == "turns=" else "failed"}-') == 2


@pytest.mark.parametrize("query", ["turns=x", "turns=-1", f"turns={9**30}", "messages=%00"])
def test_odd_places_are_the_first_page(viewer: FlaskClient, query: str) -> None:
    assert viewer.get(f"/failures?{query}").status_code == 200


def test_unknown_ids_are_told(operator: FlaskClient) -> None:
    for path in ("turns/7/rerun", f"turns/{9**25}/skip", f"messages/{SOME_ID}/dismiss"):
        answer = operator.post(f"/failures/{path}", follow_redirects=True)
        assert "There is no such" in answer.text
