"""An operator's own messages: what is queued, what is refused."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from pipeline import override
from pipeline.database import Database
from pipeline.errors import ChangeRefused
from pipeline.records.accounts.audit import AuditEntry
from pipeline.records.core.conversations import Conversation
from pipeline.records.core.lanes import Lane
from pipeline.records.core.messages import Message
from pipeline.runtime import Runtime
from tests.builders import a_contact, a_conversation, a_message, a_runtime, rows

NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(hours=25)


def test_message_waits_in_the_outbox(runtime: Runtime, database: Database) -> None:
    contact = a_contact(database)
    made = a_conversation(database, contact, last_message_at=LONG_AGO)
    queued = override.send_message(runtime, made.id, "Hello", actor="ada")
    (message,) = rows(database, Message)
    assert (message.public_id, queued.is_new) == (queued.message_id, True)
    assert (message.status, message.author, message.body) == ("queued", "ada", "Hello")
    assert (message.our_number, message.provider) == ("+15550100", "simulator")
    assert message.expires_at - message.created_at == timedelta(hours=4)
    (lane,) = rows(database, Lane)
    assert (lane.direction, lane.key) == ("outbound", contact.key)
    assert lane.due_at
    (now,) = rows(database, Conversation)
    assert now.version == made.version
    assert now.last_message_at > LONG_AGO


def test_same_key_is_one_message(runtime: Runtime, database: Database) -> None:
    made = a_conversation(database)
    first = override.send_message(runtime, made.id, "hi", actor="ada", idempotency_key="1")
    again = override.send_message(runtime, made.id, "hi", actor="ada", idempotency_key="1")
    assert (again.message_id, again.is_new) == (first.message_id, False)
    with pytest.raises(ChangeRefused, match="different message"):
        override.send_message(runtime, made.id, "bye", actor="ada", idempotency_key="1")
    assert len(rows(database, Message)) == 1


def test_key_of_another_conversation_is_free(runtime: Runtime, database: Database) -> None:
    for _ in range(2):
        made = a_conversation(database)
        override.send_message(runtime, made.id, "hi", actor="ada", idempotency_key="1")
    assert len(rows(database, Message)) == 2


@pytest.mark.parametrize(
    ("body", "why"), [("", "some text"), (" \n", "some text"), ("x" * 1601, "1600")]
)
def test_impossible_text_is_refused(
    runtime: Runtime, database: Database, body: str, why: str
) -> None:
    made = a_conversation(database)
    with pytest.raises(ChangeRefused, match=why):
        override.send_message(runtime, made.id, body, actor="ada")


def test_stop_is_honoured_where_it_was_said(runtime: Runtime, database: Database) -> None:
    contact = a_contact(database, opt_outs={"sms +15550100": NOW.isoformat()})
    stopped = a_conversation(database, contact)
    with pytest.raises(ChangeRefused, match="STOP"):
        override.send_message(runtime, stopped.id, "hi", actor="ada")
    other = a_conversation(database, contact, our_number="+15550111")
    assert override.send_message(runtime, other.id, "hi", actor="ada").is_new


def test_blocked_contact_is_refused(runtime: Runtime, database: Database) -> None:
    made = a_conversation(database, a_contact(database, is_blocked=True))
    with pytest.raises(ChangeRefused, match="blocked"):
        override.send_message(runtime, made.id, "hi", actor="ada")


@pytest.mark.parametrize("heard_at", [None, LONG_AGO])
def test_closed_whatsapp_window_is_refused(
    runtime: Runtime, database: Database, heard_at: datetime | None
) -> None:
    made = a_conversation(database, channel="whatsapp", last_inbound_at=heard_at)
    with pytest.raises(ChangeRefused, match="24 hours"):
        override.send_message(runtime, made.id, "hi", actor="ada")


def test_writing_uses_the_open_conversation(runtime: Runtime, database: Database) -> None:
    contact = a_contact(database)
    made = a_conversation(database, contact, channel="whatsapp")
    override.write_to(runtime, contact.id, "hi", actor="ada")
    (message,) = rows(database, Message)
    assert (message.conversation_id, message.channel) == (made.id, "whatsapp")


def test_writing_opens_from_the_same_number(runtime: Runtime, database: Database) -> None:
    contact = a_contact(database)
    a_conversation(
        database,
        contact,
        channel="whatsapp",
        our_number="+15550177",
        closed_at=NOW,
        last_inbound_at=NOW - timedelta(hours=1),
    )
    override.write_to(runtime, contact.id, "hi", actor="ada", idempotency_key="1")
    override.write_to(runtime, contact.id, "hi", actor="ada", idempotency_key="1")
    (message,) = rows(database, Message)
    opened = next(row for row in rows(database, Conversation) if not row.closed_at)
    assert (opened.channel, opened.our_number) == ("whatsapp", "+15550177")
    assert (message.conversation_id, message.our_number) == (opened.id, "+15550177")


@pytest.mark.parametrize("read_at", [NOW, LONG_AGO])
def test_first_word_is_as_read_as_the_talk_before(
    runtime: Runtime, database: Database, read_at: datetime
) -> None:
    contact = a_contact(database)
    heard_at = NOW - timedelta(hours=1)
    a_conversation(database, contact, closed_at=NOW, last_inbound_at=heard_at, read_at=read_at)
    override.write_to(runtime, contact.id, "hi", actor="ada")
    opened = next(row for row in rows(database, Conversation) if not row.closed_at)
    assert (opened.last_inbound_at, opened.read_at) == (heard_at, read_at)


def test_user_id_without_number_gets_no_sms(runtime: Runtime, database: Database) -> None:
    contact = a_contact(database, key="whatsapp:US.1234", phone=None)
    with pytest.raises(ChangeRefused, match=r"can't be messaged on sms\. Choose whatsapp\."):
        override.write_to(runtime, contact.id, "hi", actor="ada", channel="sms")


def test_files_go_along(runtime: Runtime, database: Database) -> None:
    made = a_conversation(database)
    urls = ["https://example.com/a.jpg", "https://example.com/b.png?size=1"]
    override.send_message(runtime, made.id, "Look", actor="ada", media_urls=urls)
    override.send_message(runtime, made.id, " ", actor="ada", media_urls=["https://example.com/c"])
    first, second = rows(database, Message)
    assert (first.kind, first.body, first.media) == ("image", "Look", [{"url": u} for u in urls])
    assert (second.kind, second.body) == ("document", "")


def test_same_key_with_another_file_is_refused(runtime: Runtime, database: Database) -> None:
    made = a_conversation(database)
    send = partial(override.send_message, runtime, made.id, "hi", actor="ada", idempotency_key="1")
    send(media_urls=["https://example.com/a.jpg"])
    assert not send(media_urls=["https://example.com/a.jpg"]).is_new
    with pytest.raises(ChangeRefused, match="different message"):
        send()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "a.jpg",
        "//example.com/a.jpg",
        "http://example.com/a.jpg",
        "ftp://example.com/a.jpg",
        "javascript:alert(1)",
        "https://",
        "https:///a.jpg",
        "https://example.com/a b.jpg",
        "https://example.com:port/a.jpg",
        "https://[::1/a.jpg",
        "https://example.com/\x00",
        "https://example.com/" + "a" * 2000,
    ],
)
def test_address_nobody_can_fetch_is_refused(
    runtime: Runtime, database: Database, url: str
) -> None:
    made = a_conversation(database)
    with pytest.raises(ChangeRefused, match="address"):
        override.send_message(runtime, made.id, "hi", actor="ada", media_urls=[url])
    assert rows(database, Message) == []


def test_simulator_takes_files_of_this_machine(database: Database) -> None:
    made = a_conversation(database)
    urls = ["http://127.0.0.1:8000/a.jpg"]
    override.send_message(a_runtime(database), made.id, "", actor="ada", media_urls=urls)
    real = a_runtime(database, provider="twilio")
    with pytest.raises(ChangeRefused, match="address"):
        override.send_message(real, made.id, "", actor="ada", media_urls=urls)


def test_too_many_files_are_refused(runtime: Runtime, database: Database) -> None:
    urls = [f"https://example.com/{number}.jpg" for number in range(11)]
    made = a_conversation(database)
    with pytest.raises(ChangeRefused, match="at most 10"):
        override.send_message(runtime, made.id, "", actor="ada", media_urls=urls)
    override.send_message(runtime, made.id, "", actor="ada", media_urls=urls[:10])
    there = a_conversation(database, channel="whatsapp")
    with pytest.raises(ChangeRefused, match="one file per message"):
        override.send_message(runtime, there.id, "", actor="ada", media_urls=urls[:2])


@pytest.mark.parametrize("minutes", [None, 30])
def test_writing_can_take_the_hold(
    runtime: Runtime, database: Database, minutes: int | None
) -> None:
    made = a_conversation(database)
    a_message(database, made, direction="outbound", author="bot", status="queued")
    override.send_message(runtime, made.id, "hi", actor="ada", takeover_minutes=minutes)
    (now,) = rows(database, Conversation)
    assert (now.holder, now.held_by, bool(now.held_until)) == ("operator", "ada", bool(minutes))
    assert [(m.author, m.status) for m in rows(database, Message)] == [
        ("bot", "canceled"),
        ("ada", "queued"),
    ]
    assert [entry.action for entry in rows(database, AuditEntry)] == ["hold", "send_message"]


def test_refused_words_take_no_hold(runtime: Runtime, database: Database) -> None:
    made = a_conversation(database, a_contact(database, is_blocked=True))
    with pytest.raises(ChangeRefused):
        override.send_message(runtime, made.id, "hi", actor="ada", takeover_minutes=5)
    assert rows(database, Conversation)[0].holder == "bot"


def test_many_writers_to_one_contact(runtime: Runtime, database: Database) -> None:
    """Some use the same key, others their own; all of them want to open the conversation."""
    contact = a_contact(database)

    def write(key: str) -> override.Queued:
        return override.write_to(runtime, contact.id, key, actor="ada", idempotency_key=key)

    with ThreadPoolExecutor(12) as pool:
        queued = list(pool.map(write, ["a", "b", "c", "d"] * 3))
    assert len({item.message_id for item in queued}) == 4
    assert len(rows(database, Conversation)) == 1
    assert sorted(row.body for row in rows(database, Message)) == ["a", "b", "c", "d"]
