"""A watch around the functions of the bot that is sized; timed_bot.py puts it there.

Each process keeps its sums in a file of its own that is mapped into memory: a turn costs it a
microsecond, and what the last turn took is there too.
"""

import os
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from mmap import mmap
from pathlib import Path

from pydantic_settings import BaseSettings

from pipeline.botkit import Bot, Turn

_SUMS = struct.Struct("ddd")


class TimingSettings(BaseSettings):
    """Set by the bench, in the environment of each process."""

    benched_bot: str = "bots.template:bot"
    bench_times: Path = Path("times")


@dataclass(frozen=True, slots=True)
class BotTimes:
    """How often functions of the bot ran, for how long, and with how much CPU."""

    calls: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0

    def since(self, before: "BotTimes") -> "BotTimes":
        """What came since an earlier reading."""
        return BotTimes(
            self.calls - before.calls,
            self.seconds - before.seconds,
            self.cpu_seconds - before.cpu_seconds,
        )

    @property
    def waiting_seconds(self) -> float:
        """How long the functions did nothing but wait."""
        return max(0.0, self.seconds - self.cpu_seconds)


class Meter:
    """The sums of this process, in a file of `folder`, started at its first turn."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._file: mmap | None = None

    def add(self, seconds: float, cpu_seconds: float) -> None:
        """Count one call."""
        with self._lock:
            file = self._file = self._file or self._begin()
            calls, before, cpu_before = _SUMS.unpack(file[:])
            file[:] = _SUMS.pack(calls + 1, before + seconds, cpu_before + cpu_seconds)

    def _begin(self) -> mmap:
        self._folder.mkdir(exist_ok=True)
        with (self._folder / str(os.getpid())).open("w+b") as file:
            file.write(bytes(_SUMS.size))
            file.flush()
            return mmap(file.fileno(), _SUMS.size)


def time_bot(bot: Bot, folder: Path) -> Bot:
    """Let every function of the bot be timed."""
    meter = Meter(folder)

    @bot.middleware
    def timed(turn: Turn, call_next: Callable[[Turn], object]) -> object:
        began, cpu_began = time.perf_counter(), time.thread_time()
        try:
            return call_next(turn)
        finally:
            meter.add(time.perf_counter() - began, time.thread_time() - cpu_began)

    # Around what the bot brings itself, so that its own time counts.
    middlewares = bot.definition.middlewares
    middlewares.insert(0, middlewares.pop())
    return bot


def read_times(folder: Path) -> BotTimes:
    """The sums of every process so far."""
    paths = folder.iterdir() if folder.exists() else []
    sums = [_SUMS.unpack(data) for path in paths if len(data := path.read_bytes()) == _SUMS.size]
    calls, seconds, cpu_seconds = (
        sum(column) for column in zip((0.0, 0.0, 0.0), *sums, strict=True)
    )
    return BotTimes(int(calls), seconds, cpu_seconds)
