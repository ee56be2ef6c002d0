"""Hold and give back: who answers, and for how long."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from pipeline import override
from pipeline.botkit import Bot, Turn
from pipeline.database import Database
from pipeline.errors import ChangeRefused
from pipeline.records.accounts.audit import AuditEntry
from pipeline.records.core.conversations import Conversation
from pipeline.records.core.messages import Message
from pipeline.records.core.timers import Timer
from pipeline.runtime import Runtime
from tests.builders import a_contact, a_conversation, a_message, rows
from tests.pipeline.conftest import MakeStage
from tests.stage import Stage

NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(hours=25)


def test_hold_silences_and_cancels_what_waits(runtime: Runtime, database: Database) -> None:
    contact = a_contact(database)
    made = a_conversation(database, contact=contact, version=3)
    a_message(database, made, direction="outbound", author="bot", status="queued")
    override.take_over(runtime, made.id, actor="ada")
    (now,) = rows(database, Conversation)
    assert (now.holder, now.held_by, now.version) == ("operator", "ada", 4)
    (message,) = rows(database, Message)
    assert message.status == "canceled"
    assert message.settled_at is not None
    assert "operator" in message.error


def test_giving_back_rearms_the_time_out(runtime: Runtime, database: Database) -> None:
    made = a_conversation(database, state="support", holder="operator", held_by="ada")
    override.release(runtime, made.id, actor="ada")
    (now,) = rows(database, Conversation)
    assert (now.holder, now.held_by) == ("bot", "")
    (timer,) = rows(database, Timer)
    assert timer.name == "timeout"


@pytest.mark.parametrize("minutes", [0, -1, 7 * 24 * 60 + 1, 10**12])
def test_impossible_time_is_refused(runtime: Runtime, database: Database, minutes: int) -> None:
    made = a_conversation(database)
    with pytest.raises(ChangeRefused, match="minutes"):
        override.take_over(runtime, made.id, actor="ada", minutes=minutes)
    with pytest.raises(ChangeRefused, match="minutes"):
        override.send_message(runtime, made.id, "hi", actor="ada", takeover_minutes=minutes)


def asking_bot() -> Bot:
    """Waits in "start"; "name" asks for a name on the way in, "greet" says hello and goes on."""
    bot = Bot("tester", start="start")

    @bot.awaits("start", to=["name", "greet"])
    def start(turn: Turn) -> None:
        turn.say("started")

    @bot.awaits("name", entry="Your name?", to=["start"])
    def name(turn: Turn) -> str:
        turn.say(f"Thanks, {turn.message.text}")
        return "start"

    @bot.sends("greet", then="start")
    def greet(turn: Turn) -> None:
        turn.say("Hello!")

    return bot


@pytest.mark.parametrize("minutes", [None, 30])
@pytest.mark.parametrize(("state", "words"), [("name", "Your name?"), ("greet", "Hello!")])
def test_state_set_during_a_hold_is_entered_after_it(
    stage: MakeStage, minutes: int | None, state: str, words: str
) -> None:
    s = stage(asking_bot())
    s.hears("hi")
    s.plays()
    (talk,) = s.conversations()
    override.take_over(s.runtime, talk.id, actor="ada", minutes=minutes)
    override.change_state(s.runtime, talk.id, state, actor="ada")
    s.plays()
    s.hears("to the operator")
    s.plays()
    assert s.replies == ["started"]
    if minutes:
        s.ticks(minutes * 60 + 1)
    else:
        override.release(s.runtime, talk.id, actor="ada")
    s.plays()
    assert s.replies == ["started", words]
    if state == "name":
        s.hears("Ada")
        s.plays()
        assert s.replies[-1] == "Thanks, Ada"


def support_bot() -> Bot:
    """Waits in "support"; after 10 min without a word it says so."""
    bot = Bot("tester", start="support")

    @bot.awaits("support", timeout=timedelta(minutes=10), on_timeout="bye")
    def support(turn: Turn) -> None:
        turn.say(turn.message.text)

    @bot.sends("bye", then="support")
    def bye(turn: Turn) -> None:
        turn.say("Still there?")

    return bot


def held(s: Stage, minutes: int | None) -> uuid.UUID:
    """A conversation that an operator holds since its first message."""
    s.hears("hi")
    s.plays()
    (made,) = s.conversations()
    override.take_over(s.runtime, made.id, actor="ada", minutes=minutes)
    talk_id: uuid.UUID = made.id
    return talk_id


def test_timed_hold_gives_itself_back(stage: MakeStage) -> None:
    s = stage(support_bot())
    held(s, 30)
    s.ticks(29 * 60)
    s.hears("anybody?")
    s.plays()
    (now,) = s.conversations()
    assert (now.holder, now.held_by) == ("operator", "ada")
    assert s.replies == ["hi"]
    s.ticks(61)
    s.plays()
    (now,) = s.conversations()
    assert (now.holder, now.held_by, now.held_until) == ("bot", "", None)
    # Its state's time-out, which did nothing meanwhile, counts from now on.
    (timer,) = rows(s.database, Timer)
    assert (timer.name, timer.due_at) == ("timeout", s.clock() + timedelta(minutes=10))
    s.ticks(10 * 60)
    s.plays()
    assert s.replies == ["hi", "Still there?"]


def test_change_of_state_keeps_the_timed_hold(stage: MakeStage) -> None:
    s = stage(support_bot())
    talk = held(s, 30)
    override.change_state(s.runtime, talk, "support", actor="ada")
    assert sorted(t.name for t in rows(s.database, Timer)) == ["release", "timeout"]
    s.ticks(30 * 60)
    s.plays()
    assert s.conversations()[0].holder == "bot"


def test_turn_keeps_the_timed_hold_of_the_next(stage: MakeStage) -> None:
    """The time is over but its timer is late: the bot answers, and the hold is still cleared."""
    s = stage(support_bot())
    held(s, 30)
    s.clock.pass_by(31 * 60)
    s.hears("now")
    s.plays()
    assert s.replies == ["hi", "now"]
    assert "release" in {t.name for t in rows(s.database, Timer)}
    s.ticks()
    s.plays()
    assert s.conversations()[0].holder == "bot"


@pytest.mark.parametrize("minutes", [None, 60])
def test_new_hold_outlives_the_old_ones_end(stage: MakeStage, minutes: int | None) -> None:
    s = stage(support_bot())
    talk = held(s, 30)
    # The timer is in the inbox already when the operator takes the conversation again.
    s.ticks(30 * 60)
    override.take_over(s.runtime, talk, actor="bob", minutes=minutes)
    s.plays()
    (now,) = s.conversations()
    assert (now.holder, now.held_by) == ("operator", "bob")
    assert [t.name for t in rows(s.database, Timer)] == (["release"] if minutes else [])


def test_open_hold_cancels_the_timer(runtime: Runtime, database: Database) -> None:
    made = a_conversation(database)
    override.take_over(runtime, made.id, actor="ada", minutes=5)
    (timer,) = rows(database, Timer)
    (now,) = rows(database, Conversation)
    assert (timer.name, timer.due_at) == ("release", now.held_until)
    override.take_over(runtime, made.id, actor="ada")
    assert rows(database, Timer) == []
    assert rows(database, Conversation)[0].held_until is None


def test_giving_back_cancels_the_timer(runtime: Runtime, database: Database) -> None:
    made = a_conversation(database)
    override.take_over(runtime, made.id, actor="ada", minutes=5)
    override.release(runtime, made.id, actor="ada")
    assert rows(database, Timer) == []


def test_bot_that_hands_over_ends_a_past_hold(stage: MakeStage) -> None:
    """The hold is over: what the bot says when it hands over must not look like the holder's."""

    def handing(turn: Turn) -> None:
        if turn.message.text == "help me":
            turn.say("A person will answer.")
            turn.hand_over("asked for")

    s = stage(handing)
    held(s, 30)
    s.clock.pass_by(31 * 60)
    s.hears("help me")
    s.plays()
    assert [row.status for row in s.outbound()] == ["accepted"]
    s.ticks()
    s.plays()
    (now,) = s.conversations()
    assert (now.holder, now.held_by, now.held_until) == ("operator", "", None)


def test_release_of_what_the_bot_answers_changes_nothing(
    runtime: Runtime, database: Database
) -> None:
    made = a_conversation(database, state="support")
    override.release(runtime, made.id, actor="ada")
    assert rows(database, Conversation) == [made]
    assert rows(database, Timer) == []
    assert rows(database, AuditEntry) == []
