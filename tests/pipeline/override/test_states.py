"""States set by hand: change, start over, end."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipeline import override
from pipeline.botkit import Bot
from pipeline.database import Database
from pipeline.errors import ChangeRefused, NotFound, UnknownState
from pipeline.records.accounts.audit import AuditEntry
from pipeline.records.core.conversations import Conversation
from pipeline.records.core.inbox import Entry
from pipeline.records.core.messages import Message
from pipeline.records.core.timers import Timer
from pipeline.records.core.transitions import Transition
from pipeline.records.stats import tallies
from pipeline.runtime import Runtime
from tests.builders import a_contact, a_conversation, a_message, rows
from tests.pipeline.conftest import MakeStage

NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(hours=25)


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
    # A message that waits in the lane finds a state that nobody entered, so it answers nothing.
    assert rows(database, Conversation)[0].memory == {"is_new": True}


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


def test_reset_gives_back_to_the_bot(runtime: Runtime, database: Database) -> None:
    made = a_conversation(database, holder="operator", held_by="ada")
    override.reset(runtime, made.id, actor="ada")
    assert rows(database, Conversation)[0].holder == "bot"


def test_reset_cancels_the_replies_that_wait(runtime: Runtime, database: Database) -> None:
    made = a_conversation(database)
    a_message(database, made, direction="outbound", author="bot", status="queued")
    a_message(database, made, direction="outbound", author="ada", status="queued")
    override.reset(runtime, made.id, actor="ada")
    found = {row.author: row for row in rows(database, Message)}
    assert (found["bot"].status, found["ada"].status) == ("canceled", "queued")
    assert "restarted" in found["bot"].error


def test_reset_cancels_a_timed_hold(runtime: Runtime, database: Database) -> None:
    made = a_conversation(database)
    override.take_over(runtime, made.id, actor="ada", minutes=5)
    override.reset(runtime, made.id, actor="ada")
    assert rows(database, Timer) == []


def test_bot_that_cannot_be_loaded_starts_nothing(runtime: Runtime, database: Database) -> None:
    broken = replace(runtime, bot=Bot("gone", start=""), bot_error="bots.gone: no such module")
    made = a_conversation(database)
    with pytest.raises(ChangeRefused, match="no such module"):
        override.reset(broken, made.id, actor="ada")
    with pytest.raises(ChangeRefused, match="no such module"):
        override.write_to(broken, a_contact(database).id, "hi", actor="ada")


def test_end_closes_and_cancels_timers(runtime: Runtime, database: Database) -> None:
    made = a_conversation(database, choices=[[1, "x", "X"]], version=2)
    override.change_state(runtime, made.id, "support", actor="ada")
    override.take_over(runtime, made.id, actor="ada", minutes=5)
    override.end(runtime, made.id, actor="ada")
    (now,) = rows(database, Conversation)
    assert now.closed_at
    assert (now.state, now.holder, now.held_by, now.choices) == ("support", "bot", "", [])
    assert now.version == made.version + 3
    assert rows(database, Timer) == []
    assert rows(database, AuditEntry)[-1].action == "end"
    with pytest.raises(ChangeRefused, match="ended"):
        override.end(runtime, made.id, actor="ada")


def test_next_message_after_an_end_opens_anew(stage: MakeStage) -> None:
    s = stage()
    s.hears("a")
    s.converse()
    (first,) = s.conversations()
    override.end(s.runtime, first.id, actor="ada")
    s.hears("b")
    s.converse()
    assert [bool(row.closed_at) for row in s.conversations()] == [True, False]


def test_states_are_counted(runtime: Runtime, database: Database) -> None:
    contact = a_contact(database)
    override.write_to(runtime, contact.id, "hi", actor="ada")
    (made,) = rows(database, Conversation)
    override.change_state(runtime, made.id, "support", actor="ada")
    with database.read() as connection:
        assert tallies.of(connection, tallies.STATE) == {"support": 1}
    override.end(runtime, made.id, actor="ada")
    with database.read() as connection:
        assert tallies.of(connection, tallies.STATE) == {}
