"""The filters of the list, in the address and on the page: each alone, several, and nonsense."""

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import pytest
from flask.testing import FlaskClient

from pipeline.database import Database
from tests.builders import a_contact, a_conversation, a_message
from tests.web.dashboard.conversations.test_view import HOSTILE, NOW, PAGE, ago, ids, listed

pytestmark = pytest.mark.both_databases


def test_states_are_chips_with_counts(viewer: FlaskClient, database: Database) -> None:
    for state in ("start", "start", "gone"):
        a_conversation(database, state=state)
    page = viewer.get(PAGE).text
    chips = page.split('aria-label="States"')[1].split("</nav>")[0]
    said = [" ".join(text.split()) for text in re.findall(r">([^<]+)</a>", chips)]
    assert sorted(said) == ["gone 1 ⚠", "start 2"]


def test_several_states_at_once(viewer: FlaskClient, database: Database) -> None:
    start = a_conversation(database, last_message_at=ago(hours=1))
    support = a_conversation(database, state="support")
    a_conversation(database, state="greet")
    a_conversation(database, closed_at=NOW)
    assert listed(viewer, "state=start&state=support") == ids(support, start)


def test_a_chosen_state_is_marked_and_undone(viewer: FlaskClient, database: Database) -> None:
    a_conversation(database)
    page = viewer.get(f"{PAGE}?state=start&state=support&q=hi").text
    chips = page.split('aria-label="States"')[1].split("</nav>")[0]
    chosen = re.findall(r'href="[^"?]+\?([^"]+)" aria-current="true"', chips)
    left = [parse_qs(query.replace("&amp;", "&")) for query in chosen]
    assert left == [{"q": ["hi"], "state": ["support"]}, {"q": ["hi"], "state": ["start"]}]


def test_a_state_that_nobody_is_in_is_undone_too(viewer: FlaskClient) -> None:
    page = viewer.get(f"{PAGE}?state=gone").text
    assert f'href="{PAGE}?" aria-current="true">gone 0 ⚠</a>' in page


def test_a_search_keeps_the_other_filters(viewer: FlaskClient) -> None:
    page = viewer.get(f"{PAGE}?q=hi&state=start&channel=sms&unread=1&since=2026-10-01").text
    form = page.split('role="search"')[1].split("</form>")[0]
    kept = re.findall(r'type="hidden" name="(\w+)" value="([^"]+)"', form)
    assert kept == [
        ("state", "start"),
        ("channel", "sms"),
        ("unread", "1"),
        ("since", "2026-10-01"),
    ]


def test_every_channel_in_use_is_offered(viewer: FlaskClient, database: Database) -> None:
    for channel in ("rcs", "sms", "carrier-pigeon", "rcs"):
        a_conversation(database, channel=channel)
    page = viewer.get(PAGE).text
    offered = re.findall(r'channel=([a-z-]+)"[^>]*>([^<]+)</a>', page)
    assert offered == [
        ("whatsapp", "WhatsApp"),
        ("sms", "SMS"),
        ("carrier-pigeon", "carrier-pigeon"),
        ("rcs", "RCS"),
    ]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("channel=whatsapp", {"channel": "whatsapp"}),
        ("channel=rcs", {"channel": "rcs"}),
        ("channel=carrier-pigeon", {"channel": "carrier-pigeon"}),
        ("holder=operator", {"holder": "operator", "held_by": "somebody@example.com"}),
        ("unread=1", {"read_at": None}),
        ("since=2026-10-05", {"last_message_at": datetime(2026, 10, 5, tzinfo=UTC)}),
        ("until=2026-10-01", {"last_message_at": datetime(2026, 10, 1, 23, 59, tzinfo=UTC)}),
        ("state=support", {"state": "support"}),
        ("holder=operator&channel=whatsapp", {"holder": "operator", "channel": "whatsapp"}),
    ],
)
def test_every_filter_finds_its_own(
    viewer: FlaskClient, database: Database, query: str, wanted: dict[str, Any]
) -> None:
    usual: dict[str, Any] = {
        "last_message_at": datetime(2026, 10, 3, tzinfo=UTC),
        "last_inbound_at": ago(hours=2),
        "read_at": ago(hours=1),
    }
    a_conversation(database, **usual)
    talk = a_conversation(database, **(usual | wanted))
    assert listed(viewer, query) == ids(talk)


def test_a_hold_that_is_over_is_the_bots(viewer: FlaskClient, database: Database) -> None:
    held: dict[str, Any] = {"holder": "operator", "held_by": "somebody@example.com"}
    over = a_conversation(database, **held, held_until=ago(minutes=1))
    goes_on = a_conversation(database, **held, held_until=ago(hours=-9))
    assert listed(viewer, "holder=operator") == ids(goes_on)
    assert listed(viewer, "holder=bot") == ids(over)


def test_failed_finds_what_waits_for_somebody(viewer: FlaskClient, database: Database) -> None:
    talk, seen_to = a_conversation(database), a_conversation(database)
    a_message(database, talk, direction="outbound", status="failed", failed_at=NOW)
    a_message(database, seen_to, direction="outbound", status="failed")
    assert listed(viewer, "failed=1") == ids(talk)


@pytest.mark.parametrize(
    ("words", "is_found"),
    [
        ("refund", True),
        ("REFUND", True),
        ("415-555-0132", True),
        ("0132", True),
        ("ada", True),
        ("nonsense", False),
        ("%25", False),
    ],
)
def test_search_finds_words_numbers_and_names(
    viewer: FlaskClient, database: Database, words: str, is_found: bool
) -> None:
    talk = a_conversation(database, a_contact(database, phone="+14155550132", name="Ada"))
    a_message(database, talk, body="I would like a refund, please")
    a_conversation(database, a_contact(database, phone="+442079460199", name="Grace"))
    assert listed(viewer, f"q={words}") == (ids(talk) if is_found else [])


@pytest.mark.parametrize(
    "query",
    [
        "channel=Pigeon",
        "holder=nobody",
        "since=yesterday&until=2026-02-30",
        "since=0001-01-01&until=9999-12-31",
        "unread=maybe&failed=2",
        "after=nonsense",
        "after=" + "9" * 3000,
        "state=",
        "q=%00",
        "q=%ED%A0%80",
        "nothing=known",
    ],
)
def test_bad_values_are_left_out(viewer: FlaskClient, database: Database, query: str) -> None:
    talk = a_conversation(database)
    expected = [] if query.startswith("q=") else ids(talk)
    assert listed(viewer, query) == expected


@pytest.mark.parametrize("name", ["q", "state"])
@pytest.mark.parametrize(
    "value",
    [HOSTILE, "' OR 1=1 --", "*", '"', "(", "NEAR(a b)", "-", "a AND", "\\", "%", "x" * 9000],
)
def test_hostile_values_are_words(
    viewer: FlaskClient, database: Database, name: str, value: str
) -> None:
    a_message(database, a_conversation(database), body="hello")
    answer = viewer.get(PAGE, query_string={name: value})
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert "No conversations match" in answer.text


def test_nothing_found_offers_all(viewer: FlaskClient, database: Database) -> None:
    a_conversation(database)
    page = viewer.get(f"{PAGE}?q=nobody").text
    assert "No conversations match" in page
    assert "0 of 1 open" in " ".join(page.split())
