"""What an author reads when the bot's code is at fault."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import cast

import pytest

from pipeline.botkit import Bot, Buttons, Document, Image, Turn
from pipeline.errors import BotDefinitionError, BotError
from tests.pipeline.botkit.situations import a_bot, a_situation

Act = Callable[[Turn], object]


def told(bot: Bot, state: str = "start") -> str:
    with pytest.raises(BotError) as raised:
        bot.respond(a_situation(state=state))
    return str(raised.value)


def crash(turn: Turn) -> None:
    deeper(turn)


def deeper(turn: Turn) -> None:
    turn.data["missing"].strip()  # the line that a report must name


def test_report_names_bot_state_line_and_exception() -> None:
    line = deeper.__code__.co_firstlineno + 1
    said = told(a_bot(crash))
    assert said.startswith('bot "tested", state "start", ')
    assert said.endswith(f"test_mistakes.py:{line}: KeyError: 'missing'")


def test_cause_is_kept() -> None:
    with pytest.raises(BotError) as raised:
        a_bot(crash).respond(a_situation())
    assert isinstance(raised.value.__cause__, KeyError)


def test_report_names_the_state_that_ran() -> None:
    bot = Bot("tested", start="start")
    bot.awaits("start")(lambda _turn: "second")
    bot.sends("second", then="start")(crash)
    assert 'state "second"' in told(bot)


def test_report_names_the_command() -> None:
    bot = a_bot(lambda _turn: None)
    bot.command("hi")(crash)
    assert 'state "start", command "hi"' in told(bot)


def returns(value: object) -> Bot:
    bot = Bot("tested", start="start")
    bot.awaits("start", to="b")(lambda _turn: cast("str", value))  # untyped bots return anything
    bot.awaits("b")(lambda _turn: None)
    bot.awaits("c")(lambda _turn: None)
    return bot


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("d", "returned 'd', which is not a state; the states are b, c, start"),
        (7, "returned 7, which is not a state; the states are b, c, start"),
        ("c", "returned 'c'; its to= allows b"),
    ],
)
def test_wrong_return_lists_what_is_allowed(value: object, words: str) -> None:
    assert words in told(returns(value))


def test_own_state_may_be_returned_beside_to() -> None:
    assert returns("start").respond(a_situation()).state == "start"


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda turn: turn.say(""), "empty text"),
        (lambda turn: turn.say(" \n"), "empty text"),
        (lambda turn: turn.say(), "needs a text"),
        (
            lambda turn: turn.say(7),
            "say() accepts text, Image, Document, Audio, Buttons, Menu, Link",
        ),
        (lambda turn: turn.say(None), "not NoneType"),
        (lambda turn: turn.say(Image("file:///etc/passwd")), "needs an http(s) URL"),
        (lambda turn: turn.say(Document("")), "needs an http(s) URL"),
        (lambda turn: turn.say(Buttons()), "1 to 10 choices, not 0"),
        (lambda turn: turn.say(Buttons({str(i): str(i) for i in range(11)})), "not 11"),
        (lambda turn: turn.say(Buttons(a=" ")), "empty id or title"),
        (lambda turn: turn.say(Buttons(a="Yes", b="yes")), "the same title"),
        (lambda turn: turn.say(Buttons(a=cast("str", 1))), "must be text"),
        (lambda turn: turn.remind(timedelta(0), "start"), "needs a positive time"),
        (lambda turn: turn.remind(timedelta(1), "gone"), "'gone', which is not a state"),
        (lambda turn: turn.hand_over(" "), "needs a reason"),
        (lambda turn: setattr(turn, "state", "b"), "AttributeError"),
        (lambda turn: turn.data.update(when=turn.now), "turn.data['when'] is a datetime"),
        (lambda turn: turn.data.update(a=[{"b": {1}}]), "turn.data['a'][0]['b'] is a set"),
        (lambda turn: turn.data.update(x=float("nan")), "turn.data['x'] is nan"),
        (lambda turn: turn.data.update({1: 2}), "turn.data has the key 1"),
        (lambda turn: turn.data.update(me=turn.data), "nested more than 50 levels deep"),
        (lambda turn: setattr(turn, "data", []), "must stay a dict, not list"),
    ],
)
def test_misuse_is_told_in_plain_words(act: Act, words: str) -> None:
    def handler(turn: Turn) -> None:
        act(turn)

    said = told(a_bot(handler))
    assert words in said
    assert re.search(r'bot "tested", state "start", \S+test_mistakes\.py:\d+: ', said)


def test_endless_send_states_are_stopped() -> None:
    bot = Bot("tested", start="a")
    bot.sends("a", then="b")(lambda _turn: None)
    bot.sends("b", then="a")(lambda _turn: None)
    assert "more than 20 SEND-states in one turn: a > b > a" in told(bot, "a")


def test_twenty_send_states_are_allowed() -> None:
    bot = Bot("tested", start="s0")
    for number in range(20):
        bot.sends(f"s{number}", then=f"s{number + 1}")(lambda _turn: None)
    bot.awaits("s20")(lambda _turn: None)
    assert bot.respond(a_situation(state="s0")).state == "s20"


def test_send_state_must_lead_somewhere() -> None:
    bot = Bot("tested", start="start")
    bot.sends("start")(lambda _turn: None)
    assert "must return the next state or call turn.end()" in told(bot)


def test_missing_start_is_told() -> None:
    assert "start='start' is not a state" in told(Bot("tested", start="start"))


def first(turn: Turn) -> None:
    turn.say("first")


def takes_nothing() -> None:
    raise LookupError


def defining(act: Callable[[Bot], object]) -> str:
    bot = Bot("tested", start="start")
    bot.awaits("start")(first)
    bot.command("menu")(first)
    bot.fallback(first)
    bot.renamed("old", "start")
    with pytest.raises(BotDefinitionError) as raised:
        act(bot)
    return str(raised.value)


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda bot: bot.awaits("start")(first), 'state "start" is defined twice, at '),
        (lambda bot: bot.sends("start")(first), 'state "start" is defined twice, at '),
        (lambda bot: bot.command("MENU")(first), 'command "MENU" is defined twice, at '),
        (lambda bot: bot.command()(first), "command() needs one or more texts"),
        (lambda bot: bot.fallback(first), "fallback is defined twice"),
        (lambda bot: bot.renamed("old", "b"), 'state "old", '),
        (lambda bot: bot.awaits(" ")(first), "a state needs a name"),
        (lambda bot: bot.awaits("b")(takes_nothing), "takes_nothing() must accept one argument"),
        (lambda bot: bot.awaits("b")(7), "7 is not a function"),
        (lambda bot: bot.awaits("b", timeout=HOUR), "timeout= and on_timeout= need each other"),
        (lambda bot: bot.awaits("b", on_timeout="start"), "need each other"),
        (lambda bot: bot.awaits("b", timeout=-HOUR, on_timeout="start"), "must be positive"),
        (lambda _bot: Bot("b", start="a", expires_after=-HOUR), "must be positive"),
    ],
)
def test_wrong_definition_is_refused_at_once(act: Callable[[Bot], object], words: str) -> None:
    assert words in defining(act)
