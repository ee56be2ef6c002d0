"""Mistakes that are found before the bot runs."""

import functools
from collections.abc import Callable
from datetime import timedelta
from types import FunctionType
from typing import cast

import pytest

from pipeline.botkit import Bot, Turn
from pipeline.botkit.definition import HandlerFunction

SECOND = "second"
hidden = "nowhere"  # of the same name as a local variable further down


def quiet(turn: Turn) -> None:
    turn.say("quiet")


def to_second(turn: Turn) -> str | None:
    if turn.says("go"):
        return SECOND
    return "start" if turn.says("stay") else None


def to_nowhere(turn: Turn) -> str:
    def inner() -> str:
        return "not mine"

    turn.say(inner())
    return "nowhere"


def anywhere(turn: Turn) -> str | None:
    return str(turn.data.get("next"))


def perhaps_nowhere(turn: Turn) -> str | None:
    return turn.data.get("next") or "nowhere"


def local_name(turn: Turn) -> str | None:
    hidden = turn.message.text
    turn.say(hidden)
    return hidden


@functools.wraps(to_nowhere)
def wrapped(turn: Turn) -> str | None:
    to_nowhere(turn)
    return None


def typed_in() -> HandlerFunction:
    """A function whose source nobody can read again."""
    made = FunctionType(compile("lambda turn: 'nowhere'", "<typed>", "eval"), {})()
    return cast("HandlerFunction", made)


def a_sound_bot() -> Bot:
    bot = Bot("sound", start="start")
    bot.awaits("start", timeout=timedelta(hours=25), on_timeout="bye")(to_second)
    bot.awaits("second", to=["start"])(anywhere)
    bot.sends("bye", then="start")(quiet)
    bot.command("menu", "home")(to_second)
    bot.fallback(quiet)
    return bot


def test_sound_bot_has_no_problems() -> None:
    assert a_sound_bot().check() == []


Spoil = Callable[[Bot], object]


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda bot: bot.awaits("b", to=["x"])(quiet), "to='x' is not a state; the states are b"),
        (lambda bot: bot.sends("b", then="x")(quiet), "then='x' is not a state"),
        (
            lambda bot: bot.awaits("b", timeout=timedelta(1), on_timeout="x")(quiet),
            "on_timeout='x' is not a state",
        ),
        (lambda bot: bot.awaits("b")(to_nowhere), "returns 'nowhere', which is not a state"),
        (lambda bot: bot.command("x")(to_nowhere), 'command "x", '),
        (lambda bot: bot.command("x")(perhaps_nowhere), "returns 'nowhere', which is not a state"),
        (lambda bot: bot.awaits("b", to=["start"])(to_second), "'second'; its to= allows start"),
        (lambda bot: bot.renamed("old", "x"), "renamed('old', 'x'): 'x' is not a state"),
        (lambda bot: bot.renamed("start", "bye"), "the state 'start' still exists"),
    ],
)
def test_wrong_names_are_found(spoil: Spoil, words: str) -> None:
    bot = a_sound_bot()
    spoil(bot)
    problems = bot.check()
    assert [problem.severity for problem in problems] == ["error"]
    assert words in str(problems[0])


def test_wrong_return_is_found_with_its_line() -> None:
    bot = a_sound_bot()
    bot.awaits("b")(to_nowhere)
    line = to_nowhere.__code__.co_firstlineno + 5
    assert f"test_check.py:{line}: returns 'nowhere'" in bot.check()[0].text


def test_wrong_start_is_found() -> None:
    (problem,) = Bot("empty", start="start").check()
    assert problem.text.startswith('bot "empty", ')
    assert problem.text.endswith(": start='start' is not a state; the states are none")


def test_fallback_is_checked_too() -> None:
    bot = Bot("lost", start="start")
    bot.awaits("start")(quiet)
    bot.fallback(to_nowhere)
    assert bot.check()[0].text.startswith('bot "lost", fallback, ')


def test_send_loop_is_found_once() -> None:
    bot = Bot("looping", start="a")
    for name, then in (("a", "b"), ("b", "c"), ("c", "b")):
        bot.sends(name, then=then)(quiet)
    problems = bot.check()
    assert len(problems) == 1
    assert "SEND-states in a loop: b > c > b; let one" in problems[0].text


def test_unreachable_state_is_a_warning() -> None:
    bot = a_sound_bot()
    bot.awaits("island")(quiet)
    problems = bot.check()
    assert [problem.severity for problem in problems] == ["warning"]
    assert 'state "island"' in problems[0].text


def test_handler_that_may_go_anywhere_reaches_all() -> None:
    bot = a_sound_bot()
    bot.awaits("island")(quiet)
    bot.command("jump")(anywhere)
    assert bot.check() == []


@pytest.mark.parametrize(
    "handler", [lambda _turn: "nowhere", local_name, wrapped, anywhere, typed_in()]
)
def test_unclear_returns_are_no_problem(handler: HandlerFunction) -> None:
    bot = a_sound_bot()
    bot.command("jump")(handler)
    bot.awaits("island")(quiet)
    assert bot.check() == []
