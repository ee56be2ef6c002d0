"""Nudges: a word to a silent contact, once, without leaving the state."""

from datetime import timedelta

import pytest

from pipeline.botkit import Bot, Buttons, Nudged, Tester, Turn
from pipeline.botkit.definition import ContentSource
from tests.pipeline.botkit.situations import a_situation

MINUTE = timedelta(minutes=1)


async def by_name(turn: Turn) -> str:
    return f"Still there, {turn.contact.name}?"


def a_bot(nudge: ContentSource = "Still there?") -> Bot:
    bot = Bot("b", start="start")

    @bot.awaits(
        "start", nudge_after=10 * MINUTE, nudge=nudge, timeout=30 * MINUTE, on_timeout="bye"
    )
    def start(turn: Turn) -> None:
        turn.say("Which?", Buttons(tea="Tea", milk="Milk"))

    bot.sends("bye", then="rest")(lambda turn: turn.say("Bye."))
    bot.awaits("rest")(lambda _turn: "start")
    return bot


def test_silent_contact_is_nudged_once_and_the_timeout_keeps_its_time() -> None:
    tester = Tester(a_bot()).hears("hi").passes(9 * MINUTE).says_nothing()
    tester.passes(MINUTE).says("Still there?").in_state("start")
    tester.passes(19 * MINUTE).says_nothing().passes(MINUTE).says("Bye.").in_state("rest")


def test_any_turn_begins_the_wait_anew() -> None:
    tester = Tester(a_bot()).hears("hi").passes(9 * MINUTE).hears("hm").passes(9 * MINUTE)
    tester.says_nothing().passes(MINUTE).says("Still there?").hears("hm").passes(10 * MINUTE)
    tester.says("Still there?")


def test_choices_hold_through_a_nudge() -> None:
    outcome = Tester(a_bot()).hears("hi").passes(10 * MINUTE).talk
    assert [choice.id for choice in outcome.choices] == ["tea", "milk"]


@pytest.mark.parametrize(
    ("nudge", "said"),
    [
        (by_name, ["Still there, Ada?"]),
        (("Hello?", "It is us."), ["Hello?", "It is us."]),
        (lambda turn: turn.say("Hm?"), ["Hm?"]),
    ],
)
def test_words_may_be_several_or_a_function(nudge: ContentSource, said: list[str]) -> None:
    tester = Tester(a_bot(nudge), name="Ada").hears("hi").passes(10 * MINUTE)
    assert [reply.body for reply in tester.talk.replies] == said


def test_nudge_that_hands_over_ends_the_timers() -> None:
    tester = Tester(a_bot(lambda turn: turn.hand_over("silent"))).hears("hi")
    tester.passes(10 * MINUTE).handed_over("silent").passes(30 * MINUTE).says_nothing()


def test_nudge_of_a_state_without_one_says_nothing() -> None:
    outcome = a_bot().respond(a_situation(state="rest", cause=Nudged()))
    assert (outcome.replies, outcome.state, outcome.keeps_timers) == ((), "rest", True)
    assert a_bot().respond(a_situation(state="gone", cause=Nudged())).replies == ()


def test_nudge_under_an_old_name_sets_the_timers_anew() -> None:
    bot = a_bot()
    bot.renamed("old", "start")
    outcome = bot.respond(a_situation(state="old", cause=Nudged()))
    assert (outcome.replies[0].body, outcome.keeps_timers) == ("Still there?", False)


def test_result_of_a_flow_outlives_a_nudge() -> None:
    outcome = a_bot().respond(a_situation(cause=Nudged(), memory={"result": 7}))
    assert outcome.memory == {"result": 7}
