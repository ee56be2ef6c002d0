"""One contact: what is known, all that was said, changes, blocking, and writing first."""

import re
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Row

from pipeline.database import Database
from pipeline.records.core.contacts import Contact
from pipeline.records.core.conversations import Conversation
from pipeline.records.core.messages import Message
from pipeline.wakeups import Pool
from tests.builders import a_contact, a_conversation, a_message, rows

NOW = datetime.now(UTC)
HOSTILE = "</textarea><script>alert(1)</script>\" onload=x ' <svg/onload=x> \u202e"


def address(contact: Row[object], more: str = "") -> str:
    return f"/contacts/{contact.id}{more}"


def test_nobody_is_not_found(viewer: FlaskClient) -> None:
    assert viewer.get(f"/contacts/{uuid.uuid4()}").status_code == 404
    assert viewer.get("/contacts/nonsense").status_code == 404


def test_all_that_is_known_is_shown(viewer: FlaskClient, database: Database) -> None:
    contact = a_contact(
        database,
        phone="+14155550132",
        name="Ada",
        is_blocked=True,
        attributes={"plan": "yearly", "orders": 3},
        opt_outs={"whatsapp +15550100": "2026-11-03T10:00:00+00:00"},
    )
    page = viewer.get(address(contact)).text
    for words in ("+1 415-555-0132", "Ada", "yearly", "orders", "Blocked. Neither"):
        assert words in page
    said = re.sub(r"<[^>]+>", "", page)
    assert "Opted out of WhatsApp from +1 5550100 on 3 Nov 2026. You can't message them" in said


def test_the_menu_marks_contacts(viewer: FlaskClient, database: Database) -> None:
    page = viewer.get(address(a_contact(database))).text
    assert re.findall(r'href="([^"]+)" aria-current="(\w+)"', page) == [("/contacts", "true")]


def test_the_whole_history_is_one_chat(viewer: FlaskClient, database: Database) -> None:
    contact = a_contact(database)
    first = a_conversation(database, contact, closed_at=NOW, channel="whatsapp")
    second = a_conversation(database, contact)
    for number, talk in enumerate((first, first, second, first)):
        a_message(database, talk, body=f"word {number}")
    page = viewer.get(address(contact)).text
    assert re.findall(r"word \d", page) == [f"word {number}" for number in range(4)]
    # Each time another conversation speaks, it is named.
    headings = re.findall(r'class="belongs" href="/conversations/([0-9a-f-]+)"', page)
    assert headings == [str(first.id), str(second.id), str(first.id)]


def test_a_word_outside_conversations_is_shown(viewer: FlaskClient, database: Database) -> None:
    talk = a_conversation(database)
    a_message(database, talk, body="inside")
    a_message(database, talk, body="STOP", conversation_id=None)
    page = viewer.get(f"/contacts/{talk.contact_id}").text
    assert "STOP" in page
    assert page.count('class="belongs"') == 1


def test_earlier_messages_are_a_page_away(viewer: FlaskClient, database: Database) -> None:
    talk = a_conversation(database)
    for number in range(70):
        a_message(database, talk, body=f"word {number}.")
    page = viewer.get(f"/contacts/{talk.contact_id}").text
    assert "word 9." not in page
    assert "word 10." in page
    before = re.search(r'href="(/contacts/[0-9a-f-]+\?before=\d+)"', page)
    assert before
    earlier = viewer.get(before[1]).text
    assert re.findall(r"word (\d+)\.", earlier) == [str(number) for number in range(10)]
    assert "Latest messages" in earlier


@pytest.mark.parametrize("before", ["x", "-1", "9" * 30, "", "1e3", "%00"])
def test_an_odd_place_in_the_history_is_no_error(
    viewer: FlaskClient, database: Database, before: str
) -> None:
    contact = a_contact(database)
    assert viewer.get(address(contact, f"?before={before}")).status_code == 200


def test_hostile_words_are_text(operator: FlaskClient, database: Database) -> None:
    contact = a_contact(database, name=HOSTILE, attributes={HOSTILE: HOSTILE})
    talk = a_conversation(database, contact, closed_at=NOW, state=HOSTILE)
    media = [{"url": f"javascript:{HOSTILE}", "content_type": HOSTILE, "name": HOSTILE}]
    a_message(database, talk, body=HOSTILE, media=media)
    a_message(database, talk, direction="outbound", author=HOSTILE, status="failed", error=HOSTILE)
    for page in (operator.get(address(contact)).text, operator.get("/contacts").text):
        assert "<script>alert" not in page
        assert "<svg" not in page
        assert '" onload' not in page
        assert 'href="javascript:' not in page


def test_a_change_that_is_too_much_is_refused(operator: FlaskClient, database: Database) -> None:
    contact = a_contact(database)
    form = {"was": "", "key": "plan", "value": "x" * 1001}
    answer = operator.post(address(contact), data=form)
    assert answer.status_code == 409
    assert "up to 1000 characters" in answer.text


def test_blocking_is_a_button_and_undone(operator: FlaskClient, database: Database) -> None:
    contact = a_contact(database)
    assert operator.post(address(contact, "/block")).location == address(contact)
    assert rows(database, Contact)[0].is_blocked
    assert "Unblock" in operator.get(address(contact)).text
    operator.post(address(contact, "/unblock"))
    assert not rows(database, Contact)[0].is_blocked


def test_the_first_word_opens_a_conversation(
    operator: FlaskClient, database: Database, wakeups: list[Pool]
) -> None:
    contact = a_contact(database)
    form = {"body": "Hello\r\nthere", "channel": "sms", "key": "k1"}
    answer = operator.post(address(contact, "/messages"), data=form)
    (talk,) = rows(database, Conversation)
    (message,) = rows(database, Message)
    assert (answer.status_code, answer.location) == (303, f"/conversations/{talk.id}")
    assert (message.body, message.status) == ("Hello\nthere", "queued")
    assert wakeups == ["dispatch"]


def test_a_double_click_sends_once(operator: FlaskClient, database: Database) -> None:
    contact = a_contact(database)
    form = {"body": "Hello", "channel": "sms", "key": "k1"}
    first, second = (operator.post(address(contact, "/messages"), data=form) for _ in range(2))
    assert first.location == second.location
    assert len(rows(database, Message)) == 1


def test_a_file_may_be_the_first_word(operator: FlaskClient, database: Database) -> None:
    form = {"body": "", "channel": "sms", "media_url": " https://example.com/menu.pdf "}
    operator.post(address(a_contact(database), "/messages"), data=form)
    (message,) = rows(database, Message)
    assert message.media == [{"url": "https://example.com/menu.pdf"}]


def test_a_file_without_an_address_is_refused(operator: FlaskClient, database: Database) -> None:
    form = {"body": "My words", "channel": "sms", "media_url": "file:///etc/passwd"}
    answer = operator.post(address(a_contact(database), "/messages"), data=form)
    assert answer.status_code == 409
    assert 'value="file:///etc/passwd"' in answer.text
    assert rows(database, Message) == []


def test_each_page_has_a_key_of_its_own(operator: FlaskClient, database: Database) -> None:
    contact = a_contact(database)
    pages = [operator.get(address(contact)).text for _ in range(2)]
    keys = {match for page in pages for match in re.findall(r'name="key" value="([^"]{8,})"', page)}
    assert len(keys) == 2


@pytest.mark.parametrize(
    ("values", "channel", "reason"),
    [
        ({"is_blocked": True}, "sms", "The contact is blocked."),
        ({"opt_outs": {"sms +15550100": NOW.isoformat()}}, "sms", "asked not to be messaged"),
        ({}, "whatsapp", "within 24 hours"),
        ({"phone": None, "key": "whatsapp:US.1"}, "sms", "be messaged on sms. Choose whatsapp."),
        ({"phone": None, "key": "VERIFY!"}, "sms", "This sender can&#39;t receive messages"),
    ],
)
def test_a_refusal_gives_the_words_back(
    operator: FlaskClient, database: Database, values: dict[str, object], channel: str, reason: str
) -> None:
    contact = a_contact(database, **values)
    form = {"body": "My words <b>", "channel": channel, "key": "k1"}
    answer = operator.post(address(contact, "/messages"), data=form)
    assert answer.status_code == 409
    assert reason in answer.text
    assert rows(database, Message) == []
    if not values.get("is_blocked") and values.get("key") != "VERIFY!":
        assert "My words &lt;b&gt;</textarea>" in answer.text
        assert "12 of 160" in answer.text
    # It stands still, and the address in the bar stays one that can be loaded again.
    assert 'data-version=""' in answer.text
    assert answer.headers["HX-Push-Url"] == "false"


def test_words_without_a_letter_are_refused(operator: FlaskClient, database: Database) -> None:
    answer = operator.post(address(a_contact(database), "/messages"), data={"body": "  "})
    assert answer.status_code == 409
    assert rows(database, Conversation) == []


def test_a_channel_they_do_not_have_is_refused(operator: FlaskClient, database: Database) -> None:
    form = {"body": "Hello", "channel": "pigeon"}
    answer = operator.post(address(a_contact(database), "/messages"), data=form)
    assert answer.status_code == 409
    assert "be messaged on pigeon. Choose sms or whatsapp." in answer.text
    assert rows(database, Conversation) == []


def test_the_name_of_a_sender_offers_no_message_box(
    operator: FlaskClient, database: Database
) -> None:
    contact = a_contact(database, phone=None, key="VERIFY!")
    page = operator.get(f"/contacts/{contact.id}").text
    assert "its address is a name, not a number." in page
    assert "<textarea" not in page


def test_an_open_conversation_is_where_to_write(operator: FlaskClient, database: Database) -> None:
    talk = a_conversation(database)
    page = operator.get(f"/contacts/{talk.contact_id}").text
    assert f'/conversations/{talk.id}#compose">Reply there' in page
    assert "<textarea" not in page


def test_the_last_channel_is_offered_first(operator: FlaskClient, database: Database) -> None:
    contact = a_contact(database)
    a_conversation(database, contact, closed_at=NOW - timedelta(days=1), channel="whatsapp")
    page = operator.get(address(contact)).text
    assert re.findall(r'<option value="(sms|whatsapp)"', page) == ["whatsapp", "sms"]


def test_a_viewer_changes_nothing(viewer: FlaskClient, database: Database) -> None:
    contact = a_contact(database, name="Ada")
    page = viewer.get(address(contact)).text
    assert "<textarea" not in page
    assert 'name="name"' not in page
    for more in ("", "/block", "/unblock", "/messages"):
        form = {"name": "x", "body": "x", "channel": "sms"}
        assert viewer.post(address(contact, more), data=form).status_code == 403
    (row,) = rows(database, Contact)
    assert (row.name, row.is_blocked) == ("Ada", False)
    assert rows(database, Message) == []
