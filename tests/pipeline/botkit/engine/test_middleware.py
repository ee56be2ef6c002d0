"""Middleware: functions around every handler, in the order in which they were written."""

import contextvars
from collections.abc import Callable
from typing import Any

import pytest

from pipeline.botkit import Bot, Name, Tester, Turn
from pipeline.botkit.definition import Next
from pipeline.errors import BotDefinitionError, BotError
from tests.pipeline.botkit.situations import a_situation

language = contextvars.ContextVar("language", default="en")


def a_bot(*, is_async: bool = False) -> Bot:
    bot = Bot("b", start="start")

    def start(turn: Turn) -> str | None:
        turn.say(f"start in {language.get()}")
        return "ask" if turn.says("ask") else None

    async def later(turn: Turn) -> str | None:
        return start(turn)

    bot.awaits("start")(later if is_async else start)
    bot.asks("ask", lambda _turn: f"name in {language.get()}?", Name(), into="name", then="start")
    bot.command("menu")(lambda turn: turn.say("menu"))
    return bot


def test_first_one_is_outermost() -> None:
    bot, order = a_bot(), []

    @bot.middleware
    def outer(turn: Turn, call_next: Next) -> object:
        order.append("outer in")
        result = call_next(turn)
        order.append(f"outer out {result}")
        return result

    @bot.middleware
    def inner(turn: Turn, call_next: Next) -> object:
        order.append("inner")
        return call_next(turn)

    assert bot.respond(a_situation("ask")).state == "ask"
    assert order[:3] == ["outer in", "inner", "outer out ask"]
    assert order[3:] == ["outer in", "inner", "outer out name in en?"]  # the entry of "ask"


def speaks_german(turn: Turn, call_next: Next) -> object:
    token = language.set("de")
    try:
        return call_next(turn)
    finally:
        language.reset(token)


async def waits(turn: Turn, call_next: Next) -> object:
    return await call_next(turn)


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize(
    "order", [(speaks_german,), (waits, speaks_german), (speaks_german, waits)]
)
def test_sync_and_async_may_be_mixed(order: tuple[Callable[..., Any], ...], is_async: bool) -> None:
    bot = a_bot(is_async=is_async)
    for middleware in order:
        bot.middleware(middleware)
    tester = Tester(bot).hears("ask")
    if not (is_async and order == (waits, speaks_german)):  # awaited after it is left
        tester.says("start in de").says("name in de?")
    tester.in_state("ask").hears("Ada").has_data(name="Ada").hears("menu").says("menu")


def test_middleware_may_answer_itself() -> None:
    bot = a_bot()
    bot.middleware(lambda turn, _call_next: turn.say("We are closed."))
    Tester(bot).hears("ask").says("We are closed.").says_nothing().in_state("start")


def test_failure_in_a_middleware_is_found() -> None:
    bot = a_bot()

    @bot.middleware
    def broken(turn: Turn, call_next: Next) -> object:
        call_next(turn)
        raise LookupError("no such language")

    with pytest.raises(BotError) as raised:
        bot.respond(a_situation())
    line = broken.__code__.co_firstlineno + 3
    assert f"test_middleware.py:{line}: LookupError: no such language" in str(raised.value)


def test_middleware_takes_two() -> None:
    with pytest.raises(BotDefinitionError, match="must accept 2 arguments, the turn and call_next"):
        a_bot().middleware(lambda _turn: None)  # type: ignore[type-var]  # the mistake
