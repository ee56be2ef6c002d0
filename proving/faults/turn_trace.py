"""Notes: when which process ran a turn, in a file that every process of a proof appends to.

They are kept outside the database on purpose: a turn whose effects were thrown away is noted too.
"""

import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline.botkit import Bot, Turn


@dataclass(frozen=True, slots=True)
class TraceEvent:
    """The begin or the end of a function of the bot; `at` is monotonic seconds of this machine.

    `key` tells the turn, as `turn.idempotency_key` does.
    """

    what: str
    phone: str
    text: str
    key: str
    process: int
    at: float


def watch(bot: Bot, path: Path) -> Bot:
    """Let every function of the bot leave two notes."""

    @bot.middleware
    def traced(turn: Turn, call_next: Callable[[Turn], object]) -> object:
        _record(path, "begin", turn)
        answer = call_next(turn)
        _record(path, "end", turn)
        return answer

    # Around what the bot brings itself, so that its own time counts.
    middlewares = bot.definition.middlewares
    middlewares.insert(0, middlewares.pop())
    return bot


def read_trace(path: Path) -> list[TraceEvent]:
    """The notes so far, in the order of time."""
    # What has no line end yet is being written.
    lines = path.read_text().rpartition("\n")[0].splitlines() if path.exists() else []
    return sorted((TraceEvent(**json.loads(line)) for line in lines), key=lambda event: event.at)


def _record(path: Path, what: str, turn: Turn) -> None:
    now = time.monotonic_ns() / 1e9
    phone, key = turn.contact.phone or "", turn.idempotency_key
    event = TraceEvent(what, phone, turn.message.text, key, os.getpid(), now)
    # One write of an appending descriptor: lines of several processes do not mix.
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(descriptor, f"{json.dumps(asdict(event))}\n".encode())
    finally:
        os.close(descriptor)
