"""Middleware: functions around every handler, in the order in which they were written."""

import contextvars
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
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


def closed_on_mondays(turn: Turn, call_next: Next) -> object:
    if turn.now.weekday() == 0:
        turn.say("We are closed today.")
        return None
    return call_next(turn)


async def closed_on_mondays_later(turn: Turn, call_next: Next) -> object:
    if turn.now.weekday() == 0:
        turn.say("We are closed today.")
        return None
    return await call_next(turn)


def unless_shut(turn: Turn, call_next: Next) -> object:
    if turn.message.text == "shut":
        turn.say("shut")
        return None
    return call_next(turn)


@pytest.mark.parametrize("closed", [closed_on_mondays, closed_on_mondays_later])
@pytest.mark.parametrize("question", ["Your name?", lambda _turn: "Your name?"])
def test_none_from_a_middleware_stays_in_a_question(closed: Any, question: Any) -> None:
    bot = Bot("b", start="ask")
    bot.middleware(closed)
    bot.asks("ask", question, Name(), into="name", then="done")
    bot.awaits("done")(lambda turn: turn.say("done"))
    talk = Tester(bot).hears("hi").says("We are closed today.").says_nothing().in_state("ask")
    talk.hears("Ada").says("We are closed today.").in_state("ask")
    talk.after(days=1).hears("hi").says("Your name?").in_state("ask")  # it was not asked before
    talk.after(days=6).hears("Ada").says("We are closed today.").says_nothing().in_state("ask")
    assert talk.talk.data == {}
    talk.after(days=1).hears("Ada").says_nothing().in_state("done").has_data(name="Ada")


@pytest.mark.parametrize("entry", ["open", lambda _turn: "open", lambda turn: turn.say("open")])
def test_entry_actions_pass_through_alike(entry: Any) -> None:
    bot, ran = Bot("b", start="start"), list[str]()

    @bot.middleware
    def counts(turn: Turn, call_next: Next) -> object:
        ran.append(turn.state)
        return unless_shut(turn, call_next)

    bot.awaits("start")(lambda _turn: "door")
    bot.awaits("door", entry=entry)(lambda turn: turn.say("inside"))
    Tester(bot).hears("go").says("open").says_nothing().hears("hm").says("inside")
    assert ran == ["start", "door", "door"]
    bot.command("shut")(lambda _turn: "door")
    Tester(bot).hears("shut").says("shut").in_state("start")
    Tester(bot).enters("door").says("open").hears("shut").says("shut").in_state("door")


def test_entry_that_a_middleware_withheld_is_said_with_the_next_message() -> None:
    bot = Bot("b", start="start")
    bot.middleware(closed_on_mondays)
    bot.awaits("start", timeout=timedelta(hours=30), on_timeout="door")(lambda _turn: None)
    bot.awaits("door", entry="open")(lambda turn: turn.say("inside"))
    talk = Tester(bot, now=datetime(2030, 1, 6, 9, tzinfo=UTC)).hears("hi").says_nothing()
    talk.after(hours=30).says("We are closed today.").says_nothing().in_state("door")
    talk.after(days=1).hears("hello").says("open").hears("hello").says("inside")


def test_none_from_a_middleware_stays_in_a_send_state() -> None:
    bot = Bot("b", start="send")
    bot.middleware(closed_on_mondays)
    bot.sends("send", then="end")(lambda turn: turn.say("sent"))
    bot.awaits("end")(lambda turn: turn.say("end"))
    talk = Tester(bot).hears("hi").says("We are closed today.").in_state("send")
    talk.after(days=1).hears("hi").says("sent").in_state("end")


def test_a_middleware_may_move_to_a_state_from_an_entry_action() -> None:
    bot = Bot("b", start="start")

    @bot.middleware
    def members_only(turn: Turn, call_next: Next) -> object:
        return "log_in" if turn.state == "club" else call_next(turn)

    bot.awaits("start")(lambda _turn: "club")
    bot.awaits("club", entry="Welcome to the club.")(lambda _turn: None)
    bot.awaits("log_in", entry="Who are you?")(lambda _turn: None)
    Tester(bot).hears("go").says("Who are you?").says_nothing().in_state("log_in")


def test_a_middleware_may_change_what_an_entry_action_says() -> None:
    bot = Bot("b", start="start")
    bot.middleware(lambda turn, call_next: {"Hello": "Hallo"}.get(said := call_next(turn), said))
    bot.awaits("start", entry="Hello")(lambda _turn: None)
    Tester(bot).hears("go").says("Hallo").says_nothing().in_state("start")


def test_a_wrong_answer_is_asked_again_through_the_middleware() -> None:
    bot = Bot("b", start="ask")
    bot.middleware(unless_shut)
    bot.asks("ask", "Name?", Name(), into="name", then="ask", tries=2, give_up="done")
    bot.awaits("done", entry="Bye.")(lambda _turn: None)
    talk = Tester(bot).hears("hi").says("Name?").hears("shut").says("shut").says_nothing()
    talk.hears("12").says("That does not look like a name. Name?")  # one wrong answer so far
    talk.hears("12").says("Bye.").in_state("done")
