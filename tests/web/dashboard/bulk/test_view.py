"""Changing the state of many: the dry run, the second word, and what is said afterwards."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from pipeline.database import Database
from pipeline.records.accounts.audit import AuditEntry
from pipeline.records.core.conversations import Conversation
from pipeline.records.core.transitions import Transition
from pipeline.wakeups import Pool
from tests.builders import a_contact, a_conversation, a_message, rows

pytestmark = pytest.mark.both_databases

PAGE = "/conversations/change-state"
NOW = datetime.now(UTC)


def states(database: Database) -> Counter[str]:
    """How many conversations stand in each state."""
    return Counter(row.state for row in rows(database, Conversation))


def texts(page: str) -> str:
    """What a person reads."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_the_dry_run_counts_and_changes_nothing(operator: FlaskClient, database: Database) -> None:
    for _ in range(12):
        a_conversation(database)
    a_conversation(database, state="support")
    a_conversation(database, closed_at=NOW)
    page = operator.get(f"{PAGE}?state=start").text
    assert "12 open conversations match the filter: start Nothing has changed yet." in texts(page)
    assert "First 10 conversations" in page
    assert page.count('class="lead"') == 10
    assert 'name="expected" value="12"' in page
    assert rows(database, Transition) == []


def test_no_filter_is_said_loudly(operator: FlaskClient, database: Database) -> None:
    a_conversation(database)
    said = texts(operator.get(PAGE).text)
    assert (
        "1 open conversation matches. No filter is set, so this is every open conversation" in said
    )


def test_every_filter_is_named(operator: FlaskClient, database: Database) -> None:
    talk = a_conversation(
        database, channel="whatsapp", holder="operator", held_by="me", last_inbound_at=NOW
    )
    a_message(database, talk, body="a refund", direction="outbound", failed_at=NOW)
    query = (
        "q=refund&state=start&channel=whatsapp&holder=operator&unread=1&failed=1"
        f"&since={NOW.date()}&until={NOW.date()}"
    )
    page = texts(operator.get(f"{PAGE}?{query}").text)
    for words in ("“refund”", "start", "WhatsApp", "taken over", "unread", "failed", "active from"):
        assert words in page


def test_the_filter_alone_is_changed(
    operator: FlaskClient, database: Database, wakeups: list[Pool]
) -> None:
    for channel in ("sms", "sms", "whatsapp"):
        a_conversation(database, channel=channel)
    form = {"state": "support", "reason": "the shop is closed", "expected": "2"}
    answer = operator.post(f"{PAGE}?channel=sms", data=form)
    assert (answer.status_code, answer.location) == (303, "/conversations?channel=sms")
    assert states(database) == {"support": 2, "start": 1}
    assert {step.reason for step in rows(database, Transition)} == {"the shop is closed"}
    assert wakeups == ["converse"]
    assert "State changed in 2 conversations." in operator.get(answer.location).text


def test_those_in_the_state_are_skipped(operator: FlaskClient, database: Database) -> None:
    a_conversation(database)
    a_conversation(database, state="support")
    answer = operator.post(PAGE, data={"state": "support", "expected": "2"})
    said = operator.get(answer.location).text
    assert "State changed in 1 conversation. Skipped 1 that" in said


def test_an_unknown_state_needs_a_second_word(operator: FlaskClient, database: Database) -> None:
    a_conversation(database)
    form = {"state": "start", "other": " next_version ", "reason": "later", "expected": "1"}
    answer = operator.post(PAGE, data=form)
    assert answer.status_code == 422
    assert "The bot has no state “<bdi>next_version</bdi>”" in answer.text
    for kept in ('value="next_version"', 'value="later"', 'name="force"'):
        assert kept in answer.text
    assert states(database) == {"start": 1}
    operator.post(PAGE, data=form | {"force": "1"})
    assert states(database) == {"next_version": 1}


@pytest.mark.parametrize("form", [{}, {"state": ""}, {"state": " ", "force": "1"}])
def test_no_state_changes_nothing(
    operator: FlaskClient, database: Database, form: dict[str, str]
) -> None:
    a_conversation(database)
    assert operator.post(PAGE, data=form).status_code == 422
    assert states(database) == {"start": 1}


def test_many_more_than_counted_are_refused(operator: FlaskClient, database: Database) -> None:
    for _ in range(15):
        a_conversation(database)
    answer = operator.post(PAGE, data={"state": "support", "expected": "1", "reason": "why"})
    assert answer.status_code == 409
    assert "1 matched when you counted, and 15 match now" in answer.text
    assert 'name="expected" value="15"' in answer.text
    assert 'value="why"' in answer.text
    assert states(database) == {"start": 15}


def test_nothing_to_change_says_so(operator: FlaskClient, database: Database) -> None:
    a_conversation(database, closed_at=NOW)
    page = operator.get(f"{PAGE}?q=nobody").text
    assert "No open conversations match" in page
    assert 'id="bulk-form"' not in page


def test_the_dry_run_stands_still(operator: FlaskClient, database: Database) -> None:
    a_conversation(database)
    assert 'data-version=""' in operator.get(PAGE).text


def test_held_by_me_means_me(operator: FlaskClient, database: Database) -> None:
    a_conversation(database, holder="operator", held_by="somebody@example.com")
    assert "No open conversations match" in operator.get(f"{PAGE}?holder=me").text


def test_hostile_words_are_text(operator: FlaskClient, database: Database) -> None:
    words = "<script>alert(1)</script>"
    contact = a_contact(database, name=words)
    a_conversation(database, contact, state=words, last_message_at=NOW - timedelta(days=1))
    answers = [
        operator.get(PAGE, query_string={"q": words, "state": words}),
        operator.get(PAGE),
        operator.post(PAGE, data={"state": words, "reason": words, "expected": words}),
    ]
    assert all("<script>alert" not in answer.text for answer in answers)


def test_the_change_is_in_the_audit_log(operator: FlaskClient, database: Database) -> None:
    a_conversation(database)
    operator.post(f"{PAGE}?state=start", data={"state": "support"})
    entry = next(e for e in rows(database, AuditEntry) if e.action == "change_states")
    assert entry.details["to_state"] == "support"
    assert entry.details["filter"] == {"states": ["start"]}


def test_a_viewer_neither_counts_nor_changes(viewer: FlaskClient, database: Database) -> None:
    a_conversation(database)
    assert viewer.get(PAGE).status_code == 403
    assert viewer.post(PAGE, data={"state": "support"}).status_code == 403
    assert states(database) == {"start": 1}
