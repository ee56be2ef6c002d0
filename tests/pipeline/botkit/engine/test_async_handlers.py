"""`async def` handlers: one event loop per thread, kept from turn to turn."""

import asyncio
import threading

import pytest

from pipeline.botkit import Bot, Turn
from pipeline.errors import BotError
from tests.pipeline.botkit.situations import a_bot, a_situation

loops: list[asyncio.AbstractEventLoop] = []


async def remember(turn: Turn) -> str | None:
    await asyncio.sleep(0)
    loops.append(asyncio.get_running_loop())
    turn.say("done")
    return "start"


async def cancelled(turn: Turn) -> None:
    turn.say("never")
    raise asyncio.CancelledError


def test_async_handler_is_run_to_its_end() -> None:
    outcome = a_bot(remember).respond(a_situation())
    assert (outcome.replies[0].body, outcome.state) == ("done", "start")


def test_turns_of_one_thread_share_a_loop() -> None:
    loops.clear()
    bot = a_bot(remember)
    bot.respond(a_situation())
    bot.respond(a_situation())
    assert loops[0] is loops[1]
    assert not loops[0].is_closed()


def test_each_thread_closes_its_own_loop() -> None:
    loops.clear()
    bot: Bot = a_bot(remember)
    bot.respond(a_situation())
    other = threading.Thread(target=bot.respond, args=[a_situation()])
    other.start()
    other.join()
    assert loops[0] is not loops[1]
    assert loops[1].is_closed()


def test_cancelled_handler_is_a_bot_error() -> None:
    with pytest.raises(BotError, match="CancelledError"):
        a_bot(cancelled).respond(a_situation())
