"""One state for many: what is moved, what is left, and what is written about it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from pipeline import override
from pipeline.converse.claim import claim
from pipeline.database import Database
from pipeline.enums import Holder
from pipeline.errors import ChangeRefused, UnknownState
from pipeline.ids import new_id
from pipeline.override import bulk
from pipeline.queries.filter import ConversationFilter
from pipeline.records.accounts.audit import AuditEntry
from pipeline.records.core import conversations
from pipeline.records.core.conversations import Conversation
from pipeline.records.core.inbox import Entry
from pipeline.records.core.timers import Timer
from pipeline.records.core.transitions import Transition
from pipeline.records.stats import tallies
from pipeline.runtime import Runtime
from tests.builders import a_contact, a_conversation, a_message, rows
from tests.pipeline.conftest import MakeStage

NOW = datetime.now(UTC)
STARTS = ConversationFilter(states=("start",))


def states(database: Database) -> list[str]:
    return sorted(row.state for row in rows(database, Conversation))


def test_all_that_match_are_moved(runtime: Runtime, database: Database) -> None:
    for _ in range(3):
        a_conversation(database, version=4)
    a_conversation(database, state="gone")
    a_conversation(database, closed_at=NOW)
    assert override.count_open(runtime, STARTS) == 3
    done = override.change_states(runtime, STARTS, "support", actor="ada", reason="new version")
    assert (done.changed, done.skipped) == (3, 0)
    assert states(database) == ["gone", "start", "support", "support", "support"]
    moved = [row for row in rows(database, Conversation) if row.state == "support"]
    assert {(row.version, row.state_seq) for row in moved} == {(5, 1)}
    steps = rows(database, Transition)
    assert {(s.from_state, s.to_state, s.actor, s.reason) for s in steps} == {
        ("start", "support", "ada", "new version")
    }
    assert {step.conversation_id for step in steps} == {row.id for row in moved}
    assert len(rows(database, Timer)) == 3


def test_one_line_in_the_audit_log(runtime: Runtime, database: Database) -> None:
    for name in ("Ada", "Ada B"):
        a_conversation(database, a_contact(database, name=name))
    wanted = ConversationFilter(
        words="+1 (415) 555-0132", states=("start",), channel="sms", since=NOW
    )
    override.change_states(runtime, wanted, "support", actor="ada")
    (entry,) = rows(database, AuditEntry)
    assert (entry.action, entry.actor, entry.details["found"]) == ("change_states", "ada", 0)
    assert entry.details["filter"] == {
        "states": ["start"],
        "channel": "sms",
        "words": "+1 …32",
        "since": NOW.isoformat(),
    }


def test_those_already_there_are_skipped(runtime: Runtime, database: Database) -> None:
    for state in ("start", "support", "support"):
        a_conversation(database, state=state)
    assert override.change_states(runtime, ConversationFilter(), "support", actor="ada") == (1, 2)
    assert len(rows(database, Transition)) == 1


def test_enter_turns_are_queued(runtime: Runtime, database: Database) -> None:
    made = [a_conversation(database) for _ in range(3)]
    override.change_states(runtime, STARTS, "greet", actor="ada")
    entries = rows(database, Entry)
    assert {e.provider_id for e in entries} == {f"enter:{row.id}:1" for row in made}


def test_batches_leave_none_out(runtime: Runtime, database: Database) -> None:
    number = bulk._CHANGED_AT_ONCE + 5
    contact = a_contact(database)
    with database.write() as connection:
        base = {"contact_id": contact.id, "channel": "sms", "state": "start"}
        moments = {"opened_at": NOW, "last_message_at": NOW}
        talks = [
            {"id": new_id(), "our_number": str(item), **base, **moments} for item in range(number)
        ]
        conversations.create(connection, talks)
    done = override.change_states(runtime, STARTS, "support", actor="ada")
    assert done == (number, 0)
    with database.read() as connection:
        assert tallies.of(connection, tallies.STATE) == {"support": number}


def test_many_more_than_counted_is_refused(runtime: Runtime, database: Database) -> None:
    for _ in range(12):
        a_conversation(database)
    with pytest.raises(ChangeRefused, match="Count again"):
        override.change_states(runtime, STARTS, "support", actor="ada", expected=1)
    assert set(states(database)) == {"start"}
    done = override.change_states(runtime, STARTS, "support", actor="ada", expected=2)
    assert done.changed == 12


def test_reset_goes_to_the_start_without_data(runtime: Runtime, database: Database) -> None:
    lost = a_conversation(database, state="gone", data={"name": "Ada"}, choices=[[1, "a", "A"]])
    other = a_conversation(database, state="support", data={"name": "Bob"})
    gone = ConversationFilter(states=("gone",))
    done = override.reset_states(runtime, gone, actor="ada", reason="gone", expected=1)
    assert done == (1, 0)
    after = {row.id: row for row in rows(database, Conversation)}
    assert (after[lost.id].state, after[lost.id].data, after[lost.id].choices) == ("start", {}, [])
    assert (after[lost.id].version, after[other.id].data) == (2, {"name": "Bob"})
    (step,) = rows(database, Transition)
    assert (step.data_before, step.data_after, step.reason) == ({"name": "Ada"}, {}, "gone")
    (entry,) = rows(database, AuditEntry)
    assert (entry.action, entry.details["to_state"]) == ("reset_states", "start")


def test_reset_of_the_start_empties_data(runtime: Runtime, database: Database) -> None:
    a_conversation(database, data={"name": "Ada"})
    assert override.reset_states(runtime, STARTS, actor="ada") == (1, 0)
    assert [row.data for row in rows(database, Conversation)] == [{}]


def test_reset_leaves_a_held_talk_held(runtime: Runtime, database: Database) -> None:
    a_conversation(database, state="gone", holder="operator", held_by="ada")
    override.reset_states(runtime, ConversationFilter(states=("gone",)), actor="parley states")
    (talk,) = rows(database, Conversation)
    assert (talk.state, talk.holder, talk.held_by) == ("start", "operator", "ada")


def test_unknown_state_needs_force(runtime: Runtime, database: Database) -> None:
    a_conversation(database)
    with pytest.raises(UnknownState):
        override.change_states(runtime, STARTS, "nowhere", actor="ada")
    override.change_states(runtime, STARTS, "nowhere", actor="ada", force=True)
    assert states(database) == ["nowhere"]


def test_turn_in_flight_is_thrown_away(stage: MakeStage) -> None:
    s = stage()
    s.hears("a")
    s.converse()
    s.hears("b")
    from_before = claim(s.database, 8)
    override.change_states(s.runtime, ConversationFilter(), "elsewhere", actor="ada", force=True)
    drain = s.conversing()
    drain._take(from_before)
    assert s.replies == ["a"]
    assert [row.state for row in s.conversations()] == ["elsewhere"]
    drain.drain()
    # The bot's fallback answers, from the state that was set by hand.
    assert s.replies == ["a", "b"]


def test_what_changed_meanwhile_is_left_alone(database: Database) -> None:
    gone = a_conversation(database, state="support")
    held = a_conversation(database, holder="operator", held_by="ada")
    over = a_conversation(database, holder="operator", held_by="ada", held_until=NOW)
    later = NOW + timedelta(hours=1)
    timed = a_conversation(database, holder=Holder.OPERATOR, held_by="ada", held_until=later)
    ended = a_conversation(database, closed_at=NOW)
    free = a_conversation(database)
    ids = [row.id for row in (gone, held, over, timed, ended, free)]
    wanted = ConversationFilter(states=("start",), holder=Holder.BOT)
    with database.write() as connection:
        still = bulk._still_match(connection, ids, wanted)
    assert {row.id for row in still} == {over.id, free.id}


@pytest.mark.parametrize(
    "asked",
    [
        {"until": NOW - timedelta(days=1)},
        {"unread": True},
        {"failed": True},
        {"held_by": "ada"},
        {"holder": "operator"},
        {"channel": "whatsapp"},
    ],
)
def test_what_left_the_filter_meanwhile_is_left_alone(
    database: Database, asked: dict[str, Any]
) -> None:
    fits: dict[str, Any] = {
        "last_message_at": NOW - timedelta(days=2),
        "holder": "operator",
        "held_by": "ada",
    }
    stays = a_conversation(database, **fits, channel="whatsapp", read_at=NOW - timedelta(days=3))
    a_message(database, stays, direction="outbound", status="failed", failed_at=NOW)
    left = a_conversation(database, read_at=NOW + timedelta(hours=1))
    with database.write() as connection:
        still = bulk._still_match(connection, [stays.id, left.id], ConversationFilter(**asked))
    assert [row.id for row in still] == [stays.id]


def test_what_becomes_active_meanwhile_is_not_missed(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "_FOUND_AT_ONCE", 2)
    made = [
        a_conversation(database, last_message_at=NOW - timedelta(days=n)).id for n in range(1, 7)
    ]
    found = bulk._found(database, ConversationFilter(states=("start",)))
    seen = list(next(found))
    with database.write() as connection:
        moment = update(Conversation).values(last_message_at=NOW)
        connection.execute(moment.where(Conversation.id.not_in(seen)))
    for ids in found:
        seen += ids
    assert sorted(seen) == sorted(made)
