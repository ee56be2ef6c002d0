"""Timers: time-outs and reminders that fire, and those that have become stale."""

from datetime import timedelta

import pytest

from pipeline import override
from pipeline.botkit import Bot, Tester, Turn
from pipeline.records.core.timers import Timer
from pipeline.records.core.transitions import Transition
from tests.builders import rows
from tests.pipeline.conftest import MakeStage
from tests.stage import Stage

MINUTE = 60.0


@pytest.fixture
def bot() -> Bot:
    """Waits 30 minutes in "start"; "later" reminds after 5, "move" goes to "other"."""
    bot = Bot("tester", start="start")

    @bot.awaits("start", timeout=timedelta(minutes=30), on_timeout="idle")
    def start(turn: Turn) -> str | None:
        if turn.message.text == "later":
            turn.remind(timedelta(minutes=5), "nudge")
        if turn.message.text == "end":
            turn.end()
        return "other" if turn.message.text == "move" else None

    @bot.sends("idle", then="other")
    def idle(turn: Turn) -> None:
        turn.say("Still there?")

    @bot.sends("nudge", then="other")
    def nudge(turn: Turn) -> None:
        turn.say("You asked for a word.")

    @bot.awaits("other")
    def other(turn: Turn) -> None:
        turn.say("Other.")

    return bot


def hear(s: Stage, text: str) -> None:
    s.hears(text)
    s.converse()


def test_timeout_fires_once(stage: MakeStage, bot: Bot) -> None:
    s = stage(bot)
    hear(s, "hi")
    s.ticks(30 * MINUTE - 1)
    s.converse()
    assert s.replies == []
    s.ticks(1)
    s.ticks()
    s.converse()
    s.ticks(60 * MINUTE)
    s.converse()
    assert s.replies == ["Still there?"]
    assert [(t.from_state, t.to_state, t.cause) for t in rows(s.database, Transition)] == [
        ("start", "idle", "timer"),
        ("idle", "other", "timer"),
    ]


def test_message_rearms_the_timeout(stage: MakeStage, bot: Bot) -> None:
    s = stage(bot)
    hear(s, "hi")
    s.ticks(20 * MINUTE)
    hear(s, "hi")
    s.ticks(20 * MINUTE)
    s.converse()
    assert s.replies == []
    s.ticks(10 * MINUTE)
    s.converse()
    assert s.replies == ["Still there?"]


def test_timeout_behind_a_newer_message_is_stale(stage: MakeStage, bot: Bot) -> None:
    s = stage(bot)
    hear(s, "hi")
    s.ticks(30 * MINUTE - 1)
    s.hears("hi")
    s.ticks(1)
    s.converse()
    assert s.replies == []
    assert len(rows(s.database, Timer)) == 1
    assert {e.status for e in s.entries()} == {"handled"}


@pytest.mark.parametrize("how", ["move", "end"])
def test_timer_of_a_state_left_is_cancelled(stage: MakeStage, bot: Bot, how: str) -> None:
    s = stage(bot)
    hear(s, "later")
    hear(s, how)
    assert rows(s.database, Timer) == []


def test_timer_already_in_the_inbox_is_stale_too(stage: MakeStage, bot: Bot) -> None:
    s = stage(bot)
    hear(s, "later")
    s.hears("move")
    s.ticks(5 * MINUTE)
    s.converse()
    assert s.replies == []
    assert [e.kind for e in s.entries()] == ["message", "message", "timer"]


def test_reminder_outlives_a_message_that_stays(stage: MakeStage, bot: Bot) -> None:
    s = stage(bot)
    hear(s, "later")
    s.ticks(MINUTE)
    hear(s, "hi")
    s.ticks(4 * MINUTE)
    s.converse()
    assert s.replies == ["You asked for a word."]


def test_operators_change_cancels_and_rearms(stage: MakeStage, bot: Bot) -> None:
    s = stage(bot)
    hear(s, "later")
    (talk,) = s.conversations()
    override.change_state(s.runtime, talk.id, "other", actor="ada@example.com")
    assert rows(s.database, Timer) == []
    override.change_state(s.runtime, talk.id, "start", actor="ada@example.com")
    s.ticks(30 * MINUTE)
    s.converse()
    assert s.replies == ["Still there?"]


def test_timer_of_a_held_talk_does_nothing(stage: MakeStage, bot: Bot) -> None:
    s = stage(bot)
    hear(s, "hi")
    override.take_over(s.runtime, s.conversations()[0].id, actor="ada@example.com")
    s.ticks(30 * MINUTE)
    s.converse()
    assert s.replies == []
    assert s.conversations()[0].state == "start"


def test_two_clocks_move_a_timer_once(stage: MakeStage, bot: Bot) -> None:
    s = stage(bot)
    for number in range(5):
        s.hears("hi", f"+1415555040{number}")
    s.converse()
    s.ticks(30 * MINUTE)
    s.ticks()
    assert sum(e.kind == "timer" for e in s.entries()) == 5
    s.converse()
    assert s.replies == ["Still there?"] * 5


def test_each_reminder_to_one_state_fires(stage: MakeStage) -> None:
    bot = Bot("b", start="open", loop_guard=None)

    @bot.awaits("open")
    def opened(turn: Turn) -> None:
        turn.remind(timedelta(minutes=5), "late")
        turn.remind(timedelta(minutes=20), "late")

    bot.sends("late", then="open")(lambda turn: turn.say(f"late {turn.now:%M}"))
    s = stage(bot)
    hear(s, "hi")
    for _ in range(2):
        s.ticks(15 * MINUTE)
        s.converse()
    assert s.replies == ["late 15", "late 30"]
    Tester(bot).hears("hi").after(minutes=30).says("late 05").says("late 20").says_nothing()


def test_reminders_due_at_once_all_fire_and_put_the_time_out_off(stage: MakeStage) -> None:
    bot = Bot("b", start="open", loop_guard=None)

    @bot.awaits("open", timeout=timedelta(minutes=30), on_timeout="bye")
    def opened(turn: Turn) -> None:
        turn.remind(timedelta(minutes=5), "late")
        turn.remind(timedelta(minutes=20), "late")

    bot.sends("late", then="open")(lambda turn: turn.say("late"))
    bot.sends("bye", then="open")(lambda turn: turn.say("bye"))
    s = stage(bot)
    hear(s, "hi")
    # The clock was away for an hour.
    s.ticks(60 * MINUTE)
    s.converse()
    assert s.replies == ["late", "late"]
    s.ticks(30 * MINUTE)
    s.converse()
    assert s.replies == ["late", "late", "bye"]
