"""What the bot kit remembers of a talk, recorded with it: the way back, calls, tries, nudges."""

from datetime import timedelta

import pytest

from pipeline import override
from pipeline.botkit import Bot, Flow, Name, Text, Turn
from pipeline.records.core.timers import Timer
from tests.builders import rows
from tests.pipeline.conftest import MakeStage
from tests.stage import Stage

MINUTE = 60.0
ACTOR = "ada@example.com"


@pytest.fixture
def bot() -> Bot:
    """Asks a name at the start; "sub" calls a flow, "back" goes back; nudges after 5 minutes."""
    bot, sub = Bot("tester", start="name"), Flow("sub", start="first")

    @sub.awaits("first", entry="First?", nudge_after=timedelta(minutes=5), nudge="Still there?")
    def first(turn: Turn) -> str:
        return turn.back() if turn.says("back") else "second"

    sub.asks("second", "Second?", Text(3), into="second", then="end", tries=2, give_up="name")

    @sub.sends("end")
    def end(turn: Turn) -> str:
        return turn.done(turn.data["second"])

    bot.include(sub)
    bot.asks("name", "Your name?", Name(), into="name", then="rest")

    @bot.awaits("rest", entry="Rest.")
    def rest(turn: Turn) -> str | None:
        return turn.call(sub, then="after") if turn.says("sub") else None

    @bot.awaits("after")
    def after(turn: Turn) -> str:
        turn.say(f"got {turn.result}")
        return "rest"

    return bot


def hear(s: Stage, *texts: str) -> None:
    for text in texts:
        s.hears(text)
        s.converse()


def memory(s: Stage) -> object:
    return s.conversations()[-1].memory


def test_first_message_opens_and_asks(stage: MakeStage, bot: Bot) -> None:
    s = stage(bot)
    hear(s, "hello", "Ada")
    assert s.replies == ["Your name?", "Rest."]
    assert s.conversations()[0].data == {"name": "Ada"}


def test_two_first_messages_in_one_batch(stage: MakeStage, bot: Bot) -> None:
    s = stage(bot)
    s.hears("hello")
    s.hears("Ada")
    s.converse()
    assert s.replies == ["Your name?", "Rest."]


def test_calls_tries_and_results_are_recorded(stage: MakeStage, bot: Bot) -> None:
    s = stage(bot)
    hear(s, "hello", "Ada", "sub", "on", "too long")
    found = s.conversations()[0].memory
    assert (found["calls"], found["tries"]) == ([["sub", "after"]], 1)
    hear(s, "abc")
    assert s.conversations()[0].memory["result"] == "abc"
    hear(s, "thanks")
    assert s.replies[-2:] == ["got abc", "Rest."]
    assert "result" not in s.conversations()[0].memory


def test_way_back_is_recorded(stage: MakeStage, bot: Bot) -> None:
    s = stage(bot)
    hear(s, "hello", "Ada", "sub", "back")
    assert s.replies[-2:] == ["First?", "Rest."]
    assert s.conversations()[0].memory["trail"] == [["name"], ["rest"]]


def test_reset_and_a_new_conversation_forget(stage: MakeStage, bot: Bot) -> None:
    s = stage(bot)
    hear(s, "hello", "Ada", "sub")
    override.reset(s.runtime, s.conversations()[0].id, actor=ACTOR)
    assert memory(s) == {"is_new": True}  # it is yet to be asked
    s.converse()
    assert s.replies[-1] == "Your name?"
    override.end(s.runtime, s.conversations()[0].id, actor=ACTOR)
    hear(s, "again")
    assert (len(s.conversations()), s.replies[-1]) == (2, "Your name?")


def test_operators_state_asks_and_keeps_what_fits(stage: MakeStage, bot: Bot) -> None:
    s = stage(bot)
    hear(s, "hello", "Ada", "sub")
    (talk,) = s.conversations()
    override.change_state(s.runtime, talk.id, "sub.second", actor=ACTOR)
    s.converse()
    assert s.replies[-1] == "Second?"
    assert s.conversations()[0].memory["calls"] == [["sub", "after"]]
    override.change_state(s.runtime, talk.id, "after", actor=ACTOR)
    assert memory(s) == {}


def test_operator_who_writes_first_leaves_the_question_for_the_answer(
    stage: MakeStage, bot: Bot
) -> None:
    s = stage(bot)
    hear(s, "hello")
    contact_id = s.conversations()[0].contact_id
    override.end(s.runtime, s.conversations()[0].id, actor=ACTOR)
    override.write_to(s.runtime, contact_id, "Hi from us", actor=ACTOR)
    hear(s, "who is it?")
    assert s.replies[-1] == "Your name?"


def test_plain_bot_has_nothing_to_remember(stage: MakeStage) -> None:
    s = stage(lambda turn: turn.say("hm"))
    hear(s, "a", "b")
    assert memory(s) == {}


def nudge_rows(s: Stage) -> list[str]:
    return [timer.name for timer in rows(s.database, Timer)]


def test_nudge_is_said_once_and_survives_a_restart(stage: MakeStage, bot: Bot) -> None:
    s = stage(bot)
    hear(s, "hello", "Ada", "sub")
    assert nudge_rows(s) == ["nudge"]
    for _ in range(2):
        s.ticks(5 * MINUTE)
        s.conversing().drain()  # another worker each time
    assert s.replies[-1:] == ["Still there?"]
    assert s.replies.count("Still there?") == 1
    assert (nudge_rows(s), s.conversations()[0].state) == ([], "sub.first")


def test_turn_before_the_nudge_cancels_it(stage: MakeStage, bot: Bot) -> None:
    s = stage(bot)
    hear(s, "hello", "Ada", "sub")
    s.ticks(4 * MINUTE)
    hear(s, "on")
    assert nudge_rows(s) == []
    s.ticks(5 * MINUTE)
    s.converse()
    assert "Still there?" not in s.replies


def test_nudge_behind_a_newer_message_is_stale(stage: MakeStage, bot: Bot) -> None:
    s = stage(bot)
    hear(s, "hello", "Ada", "sub")
    s.clock.pass_by(5 * MINUTE - 1)
    s.hears("back")
    s.ticks(1)
    s.converse()
    assert "Still there?" not in s.replies


def test_operator_and_give_back_arm_the_nudge(stage: MakeStage, bot: Bot) -> None:
    s = stage(bot)
    hear(s, "hello")
    (talk,) = s.conversations()
    override.change_state(s.runtime, talk.id, "sub.first", actor=ACTOR)
    override.take_over(s.runtime, talk.id, actor=ACTOR)
    s.ticks(5 * MINUTE)
    s.converse()
    assert "Still there?" not in s.replies
    override.release(s.runtime, talk.id, actor=ACTOR)
    s.ticks(5 * MINUTE)
    s.converse()
    assert s.replies[-1] == "Still there?"


def test_nudge_leaves_the_timeout_alone(stage: MakeStage) -> None:
    bot = Bot("b", start="start")
    minute = timedelta(minutes=1)
    waits = {"nudge_after": 5 * minute, "nudge": "Hm?", "timeout": 9 * minute}
    bot.awaits("start", on_timeout="bye", **waits)(lambda _turn: None)  # type: ignore[arg-type]  # a dict of several
    bot.sends("bye", then="start")(lambda turn: turn.say("Bye."))
    s = stage(bot)
    hear(s, "hi")
    for seconds in (5 * MINUTE, 4 * MINUTE):
        s.ticks(seconds)
        s.converse()
    assert s.replies == ["Hm?", "Bye."]


@pytest.mark.parametrize("is_reset", [True, False])
def test_older_message_answers_nothing_that_a_move_has_yet_to_ask(
    stage: MakeStage, bot: Bot, is_reset: bool
) -> None:
    s = stage(bot)
    hear(s, "hello", "Ada")
    (talk,) = s.conversations()
    s.hears("what?")
    if is_reset:
        override.reset(s.runtime, talk.id, actor=ACTOR)
    else:
        override.change_state(s.runtime, talk.id, "name", actor=ACTOR)
    s.converse()
    assert s.replies == ["Your name?", "Rest.", "Your name?"]
    assert s.conversations()[0].state == "name"
