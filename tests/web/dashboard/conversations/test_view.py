"""The list of conversations: what each row says, every filter, and paging."""

import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Row, update

from pipeline.database import Database
from pipeline.records.core.conversations import Conversation
from pipeline.records.core.messages import Message
from tests.builders import a_contact, a_conversation, a_message, a_transition, rows

PAGE = "/conversations"
NOW = datetime.now(UTC)
HOSTILE = "</span><script>alert(1)</script>\" onload=x ' <svg/onload=x> \u202e"


def ago(**length: float) -> datetime:
    return NOW - timedelta(**length)


def listed(client: FlaskClient, query: str = "") -> list[str]:
    """The ids of the conversations on a page, in order."""
    answer = client.get(f"{PAGE}?{query}")
    assert answer.status_code == 200
    return re.findall(r'<a class="row[^"]*" id="row-([0-9a-f-]+)"', answer.text)


def ids(*talks: Row[Any]) -> list[str]:
    return [str(talk.id) for talk in talks]


def row_of(client: FlaskClient, talk: Row[Any]) -> str:
    """The markup of one row of the list."""
    page = client.get(PAGE).text
    return page.split(f'id="row-{talk.id}"')[1].split("</a>")[0]


def test_a_new_install_says_what_to_do(operator: FlaskClient) -> None:
    page = operator.get(PAGE).text
    assert "No conversations yet" in page
    assert "parley chat" in page
    assert 'href="/simulator"' in page


def test_the_latest_activity_is_first(viewer: FlaskClient, database: Database) -> None:
    made = [a_conversation(database, last_message_at=ago(hours=hour)) for hour in (2, 0, 1)]
    assert listed(viewer) == ids(made[1], made[2], made[0])


def test_a_row_says_who_what_and_where(viewer: FlaskClient, database: Database) -> None:
    contact = a_contact(database, phone="+14155550132", name="Ada")
    talk = a_conversation(database, contact, state="support", channel="whatsapp")
    a_message(database, talk, body="first words")
    a_message(database, talk, body="last words\n\nof two lines")
    row = row_of(viewer, talk)
    for words in ("+1 415-555-0132", "Ada", "last words of two lines", "support", "WhatsApp"):
        assert words in row
    assert "first words" not in row


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"author": "bot", "body": "Hello"}, "Bot: Hello"),
        ({"author": "somebody@example.com", "body": "Hello"}, "Operator: Hello"),
        ({"status": "failed", "error": "The phone is off"}, "not sent: The phone is off"),
        ({"status": "undelivered", "error_code": "30003"}, "not delivered (30003)"),
    ],
)
def test_a_row_says_how_it_went(
    viewer: FlaskClient, database: Database, values: dict[str, Any], words: str
) -> None:
    talk = a_conversation(database)
    a_message(database, talk, direction="outbound", **values)
    assert words.casefold() in row_of(viewer, talk).casefold()


def test_a_row_marks_unread_held_and_failed(viewer: FlaskClient, database: Database) -> None:
    talk = a_conversation(
        database,
        last_inbound_at=NOW,
        read_at=ago(hours=1),
        holder="operator",
        held_by="somebody@example.com",
    )
    a_message(database, talk, direction="outbound", status="failed", failed_at=NOW)
    row = row_of(viewer, talk)
    for words in (" unread", "taken over by somebody@example.com", ">failed<"):
        assert words in row


def test_an_ended_one_has_no_state(viewer: FlaskClient, database: Database) -> None:
    talk = a_conversation(database, closed_at=NOW)
    row = row_of(viewer, talk)
    assert ">ended<" in row
    assert ">start<" not in row


def test_hostile_rows_are_text(operator: FlaskClient, database: Database) -> None:
    contact = a_contact(database, name=HOSTILE)
    talk = a_conversation(database, contact, state=HOSTILE, holder="operator", held_by=HOSTILE)
    a_message(database, talk, body=HOSTILE)
    failed = a_conversation(database, contact, channel="whatsapp")
    a_message(database, failed, direction="outbound", status="failed", error=HOSTILE)
    page = operator.get(PAGE).text
    assert "<script>alert" not in page
    assert "<svg" not in page
    assert '" onload' not in page


def test_pages_follow_each_other(viewer: FlaskClient, database: Database) -> None:
    # Several within one moment: the place in the list is a moment and an id.
    made = [
        a_conversation(database, last_message_at=ago(hours=number // 7)) for number in range(70)
    ]
    made.sort(key=lambda talk: (talk.last_message_at, talk.id.int), reverse=True)
    seen: list[str] = []
    address = f"{PAGE}?state=start&channel=sms"
    for _ in range(2):
        page = viewer.get(address).text
        seen += re.findall(r'id="row-([0-9a-f-]+)"', page)
        following = re.search(r'href="([^"]+)">Older', page)
        address = following[1].replace("&amp;", "&") if following else ""
        if following:
            assert parse_qs(urlsplit(address).query)["state"] == ["start"]
    assert address == ""
    assert sorted(seen) == sorted(ids(*made))
    assert [row.last_message_at for row in made] == sorted(
        (row.last_message_at for row in made), reverse=True
    )
    assert "Back to newest" in page


def test_a_row_leads_to_it_with_the_filters(viewer: FlaskClient, database: Database) -> None:
    talk = a_conversation(database)
    page = viewer.get(f"{PAGE}?state=start&channel=sms").text
    assert f'href="/conversations/{talk.id}?state=start&amp;channel=sms"' in page


def test_who_looks_has_read_it(
    viewer: FlaskClient, operator: FlaskClient, database: Database
) -> None:
    talk = a_conversation(database)
    viewer.get(f"{PAGE}/{talk.id}")
    assert rows(database, Conversation)[0].read_at is None
    operator.get(f"{PAGE}/{talk.id}")
    assert rows(database, Conversation)[0].read_at is not None
    assert listed(operator, "unread=1") == []


def test_who_looks_elsewhere_has_not_read_it(operator: FlaskClient, database: Database) -> None:
    talk = a_conversation(database)
    live = {"Parley-Live": "x"}
    operator.get(f"{PAGE}/{talk.id}", headers=live | {"Parley-Hidden": "1"})
    assert rows(database, Conversation)[0].read_at is None
    # The tab comes to the front again.
    operator.get(f"{PAGE}/{talk.id}", headers=live)
    assert rows(database, Conversation)[0].read_at is not None


def test_live_pages_change_with_the_text_of_a_message(
    viewer: FlaskClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows print no texts, so their printed form would not tell."""
    monkeypatch.setattr("web.reader.FRESH_SECONDS", -1.0)
    talk = a_conversation(database)
    a_message(database, talk, body="before")
    for page in (PAGE, f"{PAGE}/{talk.id}"):
        with database.write() as connection:
            connection.execute(update(Message).values(body="before"))
        found = re.search(r'data-version="(\w+)"', viewer.get(page).text)
        assert found
        live = {"Parley-Live": found[1]}
        assert viewer.get(page, headers=live).status_code == 204
        with database.write() as connection:
            connection.execute(update(Message).values(body="after"))
        assert viewer.get(page, headers=live).status_code == 200


@pytest.mark.parametrize("before", ["x", "-1", "9" * 30, "", "%00"])
def test_an_odd_place_in_the_log_is_no_error(
    viewer: FlaskClient, database: Database, before: str
) -> None:
    talk = a_conversation(database)
    assert viewer.get(f"{PAGE}/{talk.id}?before={before}").status_code == 200


def test_a_hand_over_that_stays_is_no_move(viewer: FlaskClient, database: Database) -> None:
    talk = a_conversation(database, state="support")
    reason = "asked for a <person>"
    same = {"from_state": "support", "to_state": "support", "via": "hand_over", "reason": reason}
    a_transition(database, talk, **same)
    page = viewer.get(f"{PAGE}/{talk.id}").text
    assert "handed over to a person in support" in page
    assert "asked for a &lt;person&gt;" in page
    assert "support →" not in page


def test_one_that_is_not_there_is_not_found(viewer: FlaskClient) -> None:
    assert viewer.get(f"{PAGE}/{uuid.uuid4()}").status_code == 404


def test_a_viewer_reads_and_does_not_write(viewer: FlaskClient, database: Database) -> None:
    talk = a_conversation(database)
    page = viewer.get(f"{PAGE}/{talk.id}").text
    assert "You have the viewer role" in page
    assert "<textarea" not in page
    assert 'action="/conversations/' not in page
