"""`python -m benchmarks.botkit`: what the kit costs a turn, in CPU over calling the handler alone.

The goal is 30 µs for a trivial turn; each row is the best of several runs in one process.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pipeline.botkit import (
    Bot,
    ContactView,
    Flow,
    Number,
    Received,
    Situation,
    Turn,
)
from pipeline.botkit.definition import Next
from pipeline.messages import Inbound

GOAL_MICROSECONDS = 30.0
TURNS = 20_000
RUNS = 5
NOW = datetime(2030, 1, 7, 9, tzinfo=UTC)


def main() -> None:
    """Print a table; exits with 1 where a trivial turn costs more than the goal."""
    alone = _best(_trivial_alone)
    print("| a turn | µs of CPU | over the handler |\n|---|---|---|")
    print(f"| the handler called by itself | {alone:.2f} | |")
    costs = {name: _best(run) for name, run in _turns().items()}
    for name, cost in costs.items():
        print(f"| {name} | {cost:.2f} | {cost - alone:.2f} |")
    over = costs["trivial"] - alone
    print(f"\ntrivial turn: {over:.1f} µs over the handler; the goal is {GOAL_MICROSECONDS:g} µs")
    if over > GOAL_MICROSECONDS:
        raise SystemExit(1)


def _best(run: Callable[[], object]) -> float:
    found = []
    for _ in range(RUNS):
        started = time.process_time()
        for _ in range(TURNS):
            run()
        found.append((time.process_time() - started) / TURNS * 1e6)
    return min(found)


class _Bare:
    """As much of a turn as the trivial handler uses."""

    __slots__ = ("message", "replies")

    def __init__(self, message: Inbound) -> None:
        self.message = message
        self.replies: list[str] = []

    def say(self, text: str) -> None:
        self.replies.append(text)


def _echo(turn: Any) -> None:
    turn.say(f"You said: {turn.message.text}")


_MESSAGE = Inbound("bench", "bench", "m1", "sms", "+1", "+2", text="hello there")


def _trivial_alone() -> None:
    _echo(_Bare(_MESSAGE))


def _turns() -> dict[str, Callable[[], object]]:
    plain = Bot("plain", start="start")
    plain.awaits("start")(_echo)
    return {
        "trivial": _turn(plain),
        "with ten values of data": _turn(plain, data={f"key{i}": [i] for i in range(10)}),
        "counted by the loop guard": _turn(plain, pace=True),
        "async def": _turn(_async_bot()),
        "with a middleware": _turn(_wrapped_bot()),
        "with typed data": _turn(_typed_bot(), data={"name": "Ada"}),
        "a question answered, the next one asked": _turn(_asking_bot(), "4"),
        "into a flow and out of it": _turn(_flow_bot()),
        "back": _turn(_back_bot(), memory={"trail": [["a"], ["start"]]}),
    }


def _turn(
    bot: Bot,
    text: str = "hello there",
    *,
    data: Mapping[str, Any] | None = None,
    memory: Mapping[str, Any] | None = None,
    pace: bool = False,
) -> Callable[[], object]:
    message = Inbound("bench", "bench", "m1", "sms", "+1", "+2", text=text)
    situation = Situation(
        cause=Received(message),
        contact=ContactView("c1"),
        channel="sms",
        state="start",
        data=data or {},
        choices=(),
        now=NOW,
        idempotency_key="key",
        history=lambda _count: [],
        memory=memory or {},
        received_at=NOW,
        last_received_at=NOW - timedelta(seconds=1 if pace else 60),
    )
    bot.respond(situation)  # it must not fail
    return lambda: bot.respond(situation)


def _async_bot() -> Bot:
    bot = Bot("async", start="start")

    @bot.awaits("start")
    async def start(turn: Turn) -> None:
        _echo(turn)

    return bot


def _wrapped_bot() -> Bot:
    bot = Bot("wrapped", start="start")
    bot.awaits("start")(_echo)

    @bot.middleware
    def around(turn: Turn, call_next: Next) -> object:
        return call_next(turn)

    return bot


@dataclass
class _Booking:
    name: str = ""
    guests: int = 1


def _typed_bot() -> Bot:
    bot = Bot("typed", start="start", data=_Booking)
    bot.awaits("start")(_echo)
    return bot


def _asking_bot() -> Bot:
    bot = Bot("asking", start="start")
    bot.asks("start", "How many?", Number(1, 9), into="count", then="next")
    bot.asks("next", "And how many more?", Number(1, 9), into="more", then="start")
    return bot


def _flow_bot() -> Bot:
    bot, flow = Bot("flow", start="start"), Flow("flow", start="a")
    flow.sends("a")(lambda turn: turn.done(7))
    bot.include(flow)
    bot.awaits("start")(lambda turn: turn.call(flow, then="b"))
    bot.awaits("b", entry="Back again.")(lambda _turn: None)
    return bot


def _back_bot() -> Bot:
    bot = Bot("back", start="start")
    bot.awaits("a", entry="Here again.")(lambda _turn: None)
    bot.awaits("start")(lambda turn: turn.back())
    return bot


if __name__ == "__main__":
    main()
