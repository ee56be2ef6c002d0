"""Bots that fail, in conversation tests: tried as often as in production, at once."""

import pytest

from pipeline.botkit import Bot, Tester, Turn, TurnError
from pipeline.errors import BotError


def a_bot(*, fails: int) -> Bot:
    """A bot that fails so many times on "bad"."""
    bot = Bot("failing", start="start")
    left = [fails]

    @bot.awaits("start")
    def start(turn: Turn) -> None:
        if turn.message.text == "bad" and left[0]:
            left[0] -= 1
            raise RuntimeError("out of sorts")
        turn.say("fine")

    return bot


def with_apology(bot: Bot) -> Bot:
    @bot.on_error
    def sorry(turn: Turn, error: TurnError) -> str | None:
        turn.say("One moment.")
        if error.is_last:
            turn.hand_over(str(error))
        return None

    return bot


def test_what_fails_every_time_fails_the_test() -> None:
    with pytest.raises(BotError, match="out of sorts"):
        Tester(a_bot(fails=5)).hears("bad")


def test_what_recovers_is_answered() -> None:
    Tester(a_bot(fails=4)).hears("bad").says("fine").says_nothing().failed("out of sorts")


def test_apology_is_said_once_before_the_answer() -> None:
    talk = Tester(with_apology(a_bot(fails=4))).hears("bad")
    talk.says("One moment.").says("fine").says_nothing().failed("RuntimeError")


def test_hand_over_on_the_last_attempt() -> None:
    talk = Tester(with_apology(a_bot(fails=5))).hears("bad").says("One moment.").says_nothing()
    talk.handed_over("RuntimeError: out of sorts").failed()


def test_turn_that_went_well_did_not_fail() -> None:
    talk = Tester(with_apology(a_bot(fails=1))).hears("bad").failed("sorts").hears("good")
    with pytest.raises(AssertionError, match="did not fail"):
        talk.failed()


def test_other_error_than_expected_is_told() -> None:
    talk = Tester(with_apology(a_bot(fails=1))).hears("bad")
    with pytest.raises(AssertionError, match="out of sorts"):
        talk.failed("disk full")


def test_second_on_error_is_refused() -> None:
    bot = with_apology(a_bot(fails=0))
    with pytest.raises(BotError, match="on_error"):
        with_apology(bot)
