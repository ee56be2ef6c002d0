"""The rules of one turn: where it goes, what it says, what it keeps."""

from datetime import timedelta
from typing import Any

import pytest

from pipeline.botkit import Bot, Buttons, Entered, Reminded, Step, Turn
from pipeline.errors import BotError, TargetGone
from tests.pipeline.botkit.situations import a_bot, a_situation


def staged() -> Bot:
    """start -> hello (SEND) -> pause (SEND) -> rest; `menu` anywhere."""
    bot = Bot("staged", start="start")

    @bot.awaits("start")
    def start(turn: Turn) -> str | None:
        return turn.message.text if turn.message.text in bot.states else None

    @bot.sends("hello", then="pause")
    def hello(turn: Turn) -> str | None:
        turn.say("hello")
        return "rest" if turn.data.get("is_short") else None

    @bot.sends("pause", then="rest")
    def pause(turn: Turn) -> None:
        turn.say(f"in {turn.state}")

    @bot.awaits("rest", timeout=timedelta(hours=1), on_timeout="hello")
    def rest(turn: Turn) -> None:
        turn.say("resting")

    @bot.command("menu", "Main  Menu")
    def menu(turn: Turn) -> str:
        turn.say("the menu")
        return "start"

    return bot


def test_bot_tells_what_it_is() -> None:
    assert repr(staged()) == "Bot('staged', start='start', 4 states)"


def test_returning_nothing_stays() -> None:
    outcome = staged().respond(a_situation("hi"))
    assert (outcome.state, outcome.steps, outcome.replies) == ("start", (), ())


def test_send_states_run_one_after_another() -> None:
    outcome = staged().respond(a_situation("hello"))
    assert [reply.body for reply in outcome.replies] == ["hello", "in pause"]
    assert outcome.steps == (
        Step("start", "hello", "return"),
        Step("hello", "pause", "then"),
        Step("pause", "rest", "then"),
    )


def test_send_state_may_return_another_than_then() -> None:
    outcome = staged().respond(a_situation("hello", data={"is_short": True}))
    assert outcome.steps[-1] == Step("hello", "rest", "return")


def test_await_state_entered_waits() -> None:
    outcome = staged().respond(a_situation("rest"))
    assert (outcome.state, outcome.replies) == ("rest", ())


def test_timeout_of_the_last_state_is_told() -> None:
    bot = staged()
    assert bot.respond(a_situation("rest")).timeout == (timedelta(hours=1), "hello")
    assert bot.respond(a_situation("hi")).timeout is None


@pytest.mark.parametrize("text", ["menu", " MENU ", "main menu", "Main   menu.", "ＭＥＮＵ"])
def test_command_is_heard_in_any_state(text: str) -> None:
    outcome = staged().respond(a_situation(text, state="rest"))
    assert outcome.replies[0].body == "the menu"
    assert outcome.steps == (Step("rest", "start", "command"),)


def test_command_must_be_the_whole_message() -> None:
    outcome = staged().respond(a_situation("the menu please", state="rest"))
    assert outcome.replies[0].body == "resting"


def test_due_timer_enters_an_await_state_silently() -> None:
    outcome = staged().respond(a_situation(state="rest", cause=Reminded("start")))
    assert (outcome.steps, outcome.replies) == ((Step("rest", "start", "timeout"),), ())


def test_due_timer_runs_a_send_state() -> None:
    outcome = staged().respond(a_situation(state="start", cause=Reminded("pause")))
    assert (outcome.state, outcome.replies[0].body) == ("rest", "in pause")


def test_timer_to_a_lost_state_fails_and_names_it() -> None:
    with pytest.raises(TargetGone, match="leads to the state 'gone', which the bot lacks"):
        staged().respond(a_situation(state="rest", cause=Reminded("gone")))


def test_send_state_set_by_hand_runs() -> None:
    outcome = staged().respond(a_situation(state="pause", cause=Entered()))
    assert (outcome.state, outcome.replies[0].body) == ("rest", "in pause")


@pytest.mark.parametrize("state", ["rest", "gone"])
def test_other_states_set_by_hand_wait(state: str) -> None:
    outcome = staged().respond(a_situation(state=state, cause=Entered()))
    assert (outcome.state, outcome.replies) == (state, ())


def test_message_in_a_send_state_runs_it() -> None:
    outcome = staged().respond(a_situation("hi", state="pause"))
    assert (outcome.state, outcome.replies[0].body) == ("rest", "in pause")


def test_lost_state_is_answered_by_the_start() -> None:
    outcome = a_bot(lambda turn: turn.say("welcome back")).respond(a_situation(state="gone"))
    assert outcome.replies[0].body == "welcome back"
    assert outcome.steps == (Step("gone", "start", "fallback"),)
    assert outcome.is_unknown_state


@pytest.mark.parametrize(
    ("words", "target", "said", "state"),
    [
        ("oh", None, ["oh"], "start"),
        ("oh", "other", ["oh"], "other"),
        ("", None, ["start"], "start"),
    ],
)
def test_fallback_answers_a_lost_state(
    words: str, target: str | None, said: list[str], state: str
) -> None:
    bot = a_bot(lambda turn: turn.say("start"))
    bot.awaits("other")(lambda turn: turn.say("other"))

    @bot.fallback
    def fallback(turn: Turn) -> str | None:
        if words:
            turn.say(words)
        return target

    outcome = bot.respond(a_situation(state="gone"))
    assert ([reply.body for reply in outcome.replies], outcome.state) == (said, state)


def test_renamed_state_goes_on_under_its_new_name() -> None:
    bot = a_bot(lambda turn: turn.say(f"in {turn.state}"))
    bot.renamed("oldest", "older")
    bot.renamed("older", "start")
    outcome = bot.respond(a_situation(state="oldest"))
    assert outcome.replies[0].body == "in start"
    assert outcome.steps == (Step("oldest", "start", "renamed"),)
    assert not outcome.is_unknown_state
    assert bot.respond(a_situation()).steps == ()


def test_choices_outlive_turns_that_stay() -> None:
    offer = Buttons(a="A", b="B")
    bot = staged()
    stayed = bot.respond(a_situation("what?", choices=offer.choices))
    moved = bot.respond(a_situation("rest", choices=offer.choices))
    assert (stayed.choices, moved.choices) == (offer.choices, ())


def test_new_choices_replace_the_old_ones() -> None:
    offer = Buttons(c="C")
    outcome = a_bot(lambda turn: turn.say(offer)).respond(
        a_situation(choices=Buttons(a="A").choices)
    )
    assert outcome.choices == offer.choices


def test_end_closes_the_conversation() -> None:
    def bye(turn: Turn) -> None:
        turn.say("Bye", Buttons(a="A"))
        turn.remind(timedelta(hours=1), "start")
        turn.end()

    outcome = a_bot(bye).respond(a_situation())
    assert outcome.is_ended
    assert (outcome.choices, outcome.reminders, outcome.timeout) == ((), (), None)


def test_send_state_without_then_may_end() -> None:
    bot = Bot("short", start="bye")
    bot.sends("bye")(lambda turn: turn.end())
    assert bot.respond(a_situation(state="bye")).is_ended


def test_handler_sees_a_copy_of_the_data() -> None:
    stored: dict[str, Any] = {"list": [1, {"deep": [2]}]}

    def spoil(turn: Turn) -> None:
        turn.data["list"][1]["deep"].append(3)

    outcome = a_bot(spoil).respond(a_situation(data=stored))
    assert stored == {"list": [1, {"deep": [2]}]}
    assert outcome.data == {"list": [1, {"deep": [2, 3]}]}


def test_failed_handler_has_changed_nothing() -> None:
    stored = {"seen": [1]}

    def fail(turn: Turn) -> None:
        turn.data["seen"].append(2)
        raise LookupError("no")

    with pytest.raises(BotError):
        a_bot(fail).respond(a_situation(data=stored))
    assert stored == {"seen": [1]}


def test_hand_over_carries_its_reason() -> None:
    outcome = a_bot(lambda turn: turn.hand_over("angry")).respond(a_situation())
    assert outcome.hand_over == "angry"


def test_timer_turn_has_an_empty_message() -> None:
    bot = a_bot(lambda _turn: None)
    bot.sends("nudge", then="start")(lambda turn: turn.say(f"<{turn.message.text}>"))
    outcome = bot.respond(a_situation(cause=Reminded("nudge")))
    assert outcome.replies[0].body == "<>"
