"""Messages that failed: sent again as new ones, let be, or refused with the reason."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Row

from pipeline import override
from pipeline.database import Database
from pipeline.errors import ChangeRefused, MessageRefused, NotFound
from pipeline.records.accounts.audit import AuditEntry
from pipeline.records.core.messages import Message
from pipeline.runtime import Runtime
from tests.builders import a_contact, a_conversation, a_message, a_runtime, rows
from tests.pipeline.conftest import MakeStage
from tests.provider_for_tests import Post

NOW = datetime.now(UTC)


def a_failure(database: Database, conversation: Row[Any] | None = None, **values: Any) -> Row[Any]:
    """A reply of the bot that a carrier did not deliver."""
    given = {
        "direction": "outbound",
        "status": "undelivered",
        "error_code": "30003",
        "error": "The phone is off.",
        "failed_at": NOW,
    }
    return a_message(database, conversation or a_conversation(database), **(given | values))


def test_retry_is_a_new_message(runtime: Runtime, database: Database) -> None:
    content = {"choices": [{"number": 1, "id": "x", "title": "X"}]}
    failed = a_failure(
        database, kind="buttons", body="Choose", content=content, media=[{"url": "u"}]
    )
    queued = override.retry(runtime, failed.public_id, actor="ada")
    before, after = sorted(rows(database, Message), key=lambda row: row.id)
    assert (before.status, before.failed_at) == ("undelivered", None)
    assert (after.public_id, after.status, after.author) == (queued.message_id, "queued", "ada")
    same = ("kind", "body", "content", "media", "channel", "our_number", "conversation_id")
    assert [getattr(after, name) for name in same] == [getattr(before, name) for name in same]
    assert (after.provider_id, after.error, after.attempts, after.turn_id) == (None, "", 0, None)
    (logged,) = rows(database, AuditEntry)
    assert (logged.action, logged.target) == ("retry", str(failed.public_id))


def test_retry_goes_out(stage: MakeStage) -> None:
    post = Post(MessageRefused("No", code="30003"))
    s = stage(None, post)
    s.hears("hi")
    s.plays()
    (failed,) = s.outbound()
    assert failed.failed_at
    override.retry(s.runtime, failed.public_id, actor="ada", body="Sorry, again: hi")
    s.dispatch()
    assert post.bodies == ["hi", "Sorry, again: hi"]
    assert [row.status for row in s.outbound()] == ["failed", "accepted"]


def test_retry_twice_is_one_message(runtime: Runtime, database: Database) -> None:
    failed = a_failure(database)
    first = override.retry(runtime, failed.public_id, actor="ada")
    again = override.retry(runtime, failed.public_id, actor="bob")
    assert (again.message_id, first.is_new, again.is_new) == (first.message_id, True, False)
    with pytest.raises(ChangeRefused, match="already"):
        override.retry(runtime, failed.public_id, actor="bob", body="other words")
    assert len(rows(database, Message)) == 2


def test_other_words_lose_the_choices(runtime: Runtime, database: Database) -> None:
    failed = a_failure(database, kind="buttons", body="Choose", content={"choices": []})
    override.retry(runtime, failed.public_id, actor="ada", body="Write back, please")
    after = max(rows(database, Message), key=lambda row: row.id)
    assert (after.kind, after.body, after.content) == ("text", "Write back, please", {})


@pytest.mark.parametrize("body", ["", "x" * 1601])
def test_impossible_words_are_refused(runtime: Runtime, database: Database, body: str) -> None:
    failed = a_failure(database)
    with pytest.raises(ChangeRefused):
        override.retry(runtime, failed.public_id, actor="ada", body=body)
    assert rows(database, Message)[0].failed_at


@pytest.mark.parametrize("status", ["queued", "sending", "unknown", "accepted", "delivered"])
def test_what_did_not_fail_is_not_sent_again(
    runtime: Runtime, database: Database, status: str
) -> None:
    sent = a_failure(database, status=status, failed_at=None)
    with pytest.raises(ChangeRefused, match="did not fail"):
        override.retry(runtime, sent.public_id, actor="ada")


def test_what_contacts_wrote_is_not_sent(runtime: Runtime, database: Database) -> None:
    heard = a_message(database, a_conversation(database))
    with pytest.raises(ChangeRefused, match="Only outbound messages"):
        override.retry(runtime, heard.public_id, actor="ada")
    with pytest.raises(NotFound):
        override.retry(runtime, uuid.uuid4(), actor="ada")


def test_retry_obeys_stop_and_block(runtime: Runtime, database: Database) -> None:
    stopped = a_contact(database, opt_outs={"sms +15550100": NOW.isoformat()})
    blocked = a_contact(database, is_blocked=True)
    for contact, why in ((stopped, "STOP"), (blocked, "blocked")):
        failed = a_failure(database, a_conversation(database, contact))
        with pytest.raises(ChangeRefused, match=why):
            override.retry(runtime, failed.public_id, actor="ada")


def test_retry_obeys_the_window(runtime: Runtime, database: Database) -> None:
    long_ago = NOW - timedelta(hours=25)
    talk = a_conversation(database, channel="whatsapp", last_inbound_at=long_ago)
    failed = a_failure(database, talk)
    with pytest.raises(ChangeRefused, match="24 hours"):
        override.retry(runtime, failed.public_id, actor="ada")
    template = a_failure(database, talk, content={"content_sid": "HX1"})
    assert override.retry(runtime, template.public_id, actor="ada").is_new


@pytest.mark.parametrize(
    ("code", "same", "changed"),
    [
        ("21211", False, False),
        ("21614", False, False),
        ("21635", False, False),
        ("30007", False, True),
        ("21617", False, True),
        ("30003", True, True),
        ("30008", True, True),
        ("", True, True),
    ],
)
def test_hopeless_codes_are_refused(
    database: Database, code: str, same: bool, changed: bool
) -> None:
    twilio = a_runtime(database, provider="twilio")
    for body, is_right in ((None, same), ("other words", changed)):
        failed = a_failure(database, error_code=code, error="Because.")
        if is_right:
            assert override.retry(twilio, failed.public_id, actor="ada", body=body).is_new
            continue
        with pytest.raises(ChangeRefused, match=r"same reason: Because\.$"):
            override.retry(twilio, failed.public_id, actor="ada", body=body)


def test_retry_in_an_ended_conversation(runtime: Runtime, database: Database) -> None:
    failed = a_failure(database, a_conversation(database, closed_at=NOW))
    assert override.retry(runtime, failed.public_id, actor="ada").is_new


def test_dismissing_takes_it_off_the_list(runtime: Runtime, database: Database) -> None:
    failed = a_failure(database)
    for _ in range(2):
        override.dismiss(runtime, failed.public_id, actor="ada")
    (message,) = rows(database, Message)
    assert (message.status, message.failed_at) == ("undelivered", None)
    assert [entry.action for entry in rows(database, AuditEntry)] == ["dismiss"]
    with pytest.raises(NotFound):
        override.dismiss(runtime, uuid.uuid4(), actor="ada")


def test_retried_answer_to_help_passes_no_gate(runtime: Runtime, database: Database) -> None:
    """The copy is an operator's message: a STOP that comes before it is sent holds it back."""
    failed = a_failure(database, content={"consent": "help", "plain": "Help"})
    override.retry(runtime, failed.public_id, actor="ada")
    after = max(rows(database, Message), key=lambda row: row.id)
    assert after.content == {"plain": "Help"}
