"""Runs the real drains in this process and measures what the first and the last messages cost.

Wall-clock time varies with other work on a shared machine, so the CPU time of this process and of
PostgreSQL's backends is measured too.
"""

import contextlib
import itertools
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from sqlalchemy import Engine, text

from benchmarks import databases
from pipeline.botkit import Bot, Turn
from pipeline.converse.drain import Converse
from pipeline.database import Database
from pipeline.dispatch.drain import Dispatch
from pipeline.messages import Accepted, Outbound
from pipeline.providers.simulator.provider import Simulator
from pipeline.runtime import Runtime, tune_memory
from pipeline.settings import Settings
from proving.seeding.plan import STATES
from proving.sizing.usage import cpu_seconds

_BACKENDS = text(
    "SELECT pid FROM pg_stat_activity "
    "WHERE datname = current_database() AND backend_type = 'client backend'"
)


@dataclass(frozen=True, slots=True)
class Mark:
    """Seconds so far when `done` messages were: on the wall, in this process, in PostgreSQL."""

    done: int
    wall: float
    ours: float
    theirs: float

    def since(self, before: "Mark") -> tuple[float, float]:
        """Milliseconds a message since then: on the wall, and of the processor."""
        count = max(1, self.done - before.done)
        cpu = self.ours - before.ours + self.theirs - before.theirs
        return (self.wall - before.wall) * 1000 / count, cpu * 1000 / count


@dataclass(slots=True)
class Site:
    """A database with what the drains of one worker process need, and what they have done."""

    url: str
    runtime: Runtime
    looking: Engine
    turns: Callable[[], int]
    sends: Callable[[], int]
    marks: list[Mark] = field(default_factory=list)

    def converse(self, count: int, stops: list[int]) -> list[Mark]:
        """Take `count` turns with the real drain; marks at `stops`, counted from now."""
        watch = _Watch(self, self.turns, count, stops)
        drain = Converse(
            self.runtime, lambda _pool: None, is_stopping=watch.is_over, overrun=lambda: None
        )
        _repeat(drain.drain, watch, self.turns)
        return watch.marks

    def dispatch(self, count: int, stops: list[int]) -> list[Mark]:
        """Send `count` messages with the real drain."""
        watch = _Watch(self, self.sends, count, stops)
        drain = Dispatch(self.runtime, lambda _pool: None, is_stopping=watch.is_over)
        with contextlib.closing(drain):
            _repeat(drain.drain, watch, self.sends)
        return watch.marks

    def mark(self, done: int) -> Mark:
        """Now."""
        with self.looking.connect() as connection:
            pids = list(connection.execute(_BACKENDS).scalars())
        return Mark(done, time.perf_counter(), time.process_time(), sum(map(cpu_seconds, pids)))


class _Watch:
    """Looks at every round of a drain how far it is; ends it after `count`."""

    def __init__(self, site: Site, done: Callable[[], int], count: int, stops: list[int]) -> None:
        self._site, self._done, self._count = site, done, count
        self._before = done()
        self._stops = sorted({*stops, count})
        self.marks = [site.mark(0)]
        self._deadline = time.monotonic() + 3600

    def is_over(self) -> bool:
        done = self._done() - self._before
        if self._stops and done >= self._stops[0]:
            self.marks.append(self._site.mark(done))
            self._stops = [stop for stop in self._stops if stop > done]
            wall, cpu = self.marks[-1].since(self.marks[-2])
            print(f"  {done:,}: {wall:.2f} ms, CPU {cpu:.2f} ms", file=sys.stderr, flush=True)
        if time.monotonic() > self._deadline:
            raise TimeoutError
        return done >= self._count


def _repeat(drain: Callable[[], None], watch: _Watch, done: Callable[[], int]) -> None:
    """Until it is over, or nothing came for half a second."""
    quiet = 0
    while not watch.is_over() and quiet < 50:
        before = done()
        drain()
        quiet = 0 if done() > before else quiet + 1
        time.sleep(0.01 if quiet else 0)


class _Counting(Simulator):
    """Takes every message at once, and counts them."""

    def __init__(self) -> None:
        self._number = itertools.count(1)
        self.sent = 0

    def send(self, outbound: Outbound) -> Accepted:
        """Taken."""
        self.sent = next(self._number)
        return super().send(outbound)


@contextlib.contextmanager
def site() -> Iterator[Site]:
    """A fresh database with every table, and a worker's runtime on it."""
    with databases.upgraded() as url, opened(url) as made:
        yield made


@contextlib.contextmanager
def opened(url: str, prepare: Callable[[Database], None] = lambda _: None) -> Iterator[Site]:
    """The same on a database that there is; `prepare` sees it before its first connection."""
    driver = databases.driven(url)
    database = Database(driver, application="growth", statement_seconds=600, is_worker=True)
    prepare(database)
    settings = Settings.model_construct(database_url=url)
    bot, turns = _counting_bot()
    provider = _Counting()
    runtime = Runtime(settings, database, provider, bot)
    tune_memory()
    try:
        with databases.looking(url) as looking:
            yield Site(url, runtime, looking, turns, lambda: provider.sent)
    finally:
        database.close()


def _counting_bot() -> tuple[Bot, Callable[[], int]]:
    bot, taken = Bot("echo", start="start", loop_guard=None), [0]

    def answer(turn: Turn) -> None:
        taken[0] += 1
        turn.say(f"You said: {turn.message.text}")

    for state in ("start", *(name for name, _ in STATES)):
        bot.awaits(state)(answer)
    return bot, lambda: taken[0]
