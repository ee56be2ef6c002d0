"""The operator's verbs: what they change, what they refuse."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from pipeline import override
from pipeline.database import Database
from pipeline.errors import ChangeRefused, NotFound, UnknownState
from pipeline.records.audit import AuditEntry
from pipeline.records.conversations import Conversation
from pipeline.records.inbox import Entry
from pipeline.records.lanes import Lane
from pipeline.records.messages import Message
from pipeline.records.timers import Timer
from pipeline.records.transitions import Transition
from pipeline.runtime import Runtime
from tests.builders import a_contact, a_conversation, a_message, a_runtime, rows

NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(hours=25)


@pytest.fixture
def runtime(database: Database) -> Runtime:
    """A simulator that runs the builders' bot."""
    return a_runtime(database)


def test_change_is_logged_and_fences_turns(runtime: Runtime, database: Database) -> None:
    made = a_conversation(database, data={"name": "Ada"}, version=7, state_seq=3)
    override.change_state(runtime, made.id, "support", actor="ada@example.com", reason="stuck")
    (now,) = rows(database, Conversation)
    assert (now.state, now.version, now.state_seq) == ("support", 8, 4)
    assert now.data == {"name": "Ada"}
    (step,) = rows(database, Transition)
    assert (step.from_state, step.to_state, step.cause) == ("start", "support", "operator")
    assert (step.actor, step.reason) == ("ada@example.com", "stuck")
    assert step.data_before == step.data_after == {"name": "Ada"}
    (entry,) = rows(database, AuditEntry)
    assert (entry.actor, entry.action, entry.target) == (
        "ada@example.com",
        "change_state",
        str(made.id),
    )


def test_change_rearms_the_time_out(runtime: Runtime, database: Database) -> None:
    made = a_conversation(database)
    override.change_state(runtime, made.id, "support", actor="ada")
    (timer,) = rows(database, Timer)
    assert (timer.name, timer.to_state, timer.state_seq) == ("timeout", "start", 1)
    assert timer.due_at - timer.armed_at == timedelta(minutes=30)
    override.change_state(runtime, made.id, "start", actor="ada")
    assert rows(database, Timer) == []


def test_send_state_gets_a_turn(runtime: Runtime, database: Database) -> None:
    contact = a_contact(database)
    made = a_conversation(database, contact)
    override.change_state(runtime, made.id, "greet", actor="ada")
    (entry,) = rows(database, Entry)
    assert (entry.kind, entry.provider, entry.lane) == ("enter", "parley", contact.key)
    assert entry.provider_id == f"enter:{made.id}:1"
    assert entry.payload == {"conversation_id": str(made.id), "state_seq": 1}
    assert not entry.is_filed


@pytest.mark.parametrize("state", ["nowhere", "", " "])
def test_unknown_state_lists_the_known(runtime: Runtime, database: Database, state: str) -> None:
    made = a_conversation(database)
    with pytest.raises(UnknownState, match="start, support, greet"):
        override.change_state(runtime, made.id, state, actor="ada")
    assert rows(database, Transition) == []


def test_unknown_state_can_be_forced(runtime: Runtime, database: Database) -> None:
    made = a_conversation(database)
    override.change_state(runtime, made.id, "nowhere", actor="ada", force=True)
    assert rows(database, Conversation)[0].state == "nowhere"


def test_nothing_changes_where_nothing_is(runtime: Runtime, database: Database) -> None:
    closed = a_conversation(database, closed_at=NOW)
    with pytest.raises(ChangeRefused, match="ended"):
        override.change_state(runtime, closed.id, "support", actor="ada")
    with pytest.raises(NotFound):
        override.reset(runtime, uuid.uuid4(), actor="ada")
    with pytest.raises(NotFound):
        override.write_to(runtime, uuid.uuid4(), "hi", actor="ada")


def test_reset_empties_and_cancels(runtime: Runtime, database: Database) -> None:
    made = a_conversation(database, data={"a": 1}, choices=[{"id": "x", "title": "X"}])
    override.change_state(runtime, made.id, "support", actor="ada")
    override.reset(runtime, made.id, actor="ada")
    (now,) = rows(database, Conversation)
    assert (now.state, now.data, now.choices) == ("start", {}, [])
    assert rows(database, Timer) == []
    assert rows(database, Transition)[-1].data_before == {"a": 1}


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
    with pytest.raises(ChangeRefused, match="another text"):
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


def test_user_id_without_number_gets_no_sms(runtime: Runtime, database: Database) -> None:
    contact = a_contact(database, key="whatsapp:US.1234", phone=None)
    with pytest.raises(ChangeRefused, match="no phone number"):
        override.write_to(runtime, contact.id, "hi", actor="ada", channel="sms")


def test_hold_silences_and_cancels_what_waits(runtime: Runtime, database: Database) -> None:
    contact = a_contact(database)
    made = a_conversation(database, contact=contact, version=3)
    a_message(database, made, direction="outbound", author="bot", status="queued")
    override.hold(runtime, made.id, actor="ada")
    (now,) = rows(database, Conversation)
    assert (now.holder, now.held_by, now.version) == ("operator", "ada", 4)
    (message,) = rows(database, Message)
    assert message.status == "canceled"
    assert message.settled_at is not None
    assert "operator" in message.error


def test_giving_back_rearms_the_time_out(runtime: Runtime, database: Database) -> None:
    made = a_conversation(database, state="support", holder="operator", held_by="ada")
    override.give_back(runtime, made.id, actor="ada")
    (now,) = rows(database, Conversation)
    assert (now.holder, now.held_by) == ("bot", "")
    (timer,) = rows(database, Timer)
    assert timer.name == "timeout"


def test_reset_gives_back_to_the_bot(runtime: Runtime, database: Database) -> None:
    made = a_conversation(database, holder="operator", held_by="ada")
    override.reset(runtime, made.id, actor="ada")
    assert rows(database, Conversation)[0].holder == "bot"
