"""A run: what a scenario plays with. An install, its traffic, its servers, and faults at will."""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from pipeline.crash import Point
from pipeline.records.core.inbox import Entry
from pipeline.records.core.lanes import Lane
from pipeline.records.core.messages import Message
from pipeline.records.core.status_callbacks import StoredCallback
from pipeline.records.stats.workers import Watermark
from proving.faults.contacts import FakeContact, fake_contacts
from proving.faults.monitoring import Statuses
from proving.faults.processes import Process, eventually
from proving.faults.proxy import Proxy
from proving.faults.scenario import Scenario
from proving.faults.server_pool import ServerPool
from proving.faults.stack import EVERYTHING, Stack
from proving.faults.traffic import Traffic
from proving.faults.turn_trace import TraceEvent, read_trace

_SECRETS = ("TWILIO_AUTH_TOKEN", "SECRET_KEY")

Resource = TypeVar("Resource")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is made from. The same plan injects the same faults at the same places.

    `bot` is the one under proof, "" for the counting bot, and `says` what its contacts say instead
    of numbers. `seconds` is the duration, for the scenarios that ask; 0 is what they choose
    themselves. `settings` are further environment variables, `broken` is one of the mutations.
    """

    scenario: Scenario
    kind: str
    seed: int = 1
    bot: str = ""
    says: tuple[str, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()
    seconds: float = 0.0
    broken: str = ""


class Run:
    """What a scenario plays with."""

    def __init__(self, stack: Stack, servers: ServerPool, plan: Plan) -> None:
        self.stack = stack
        self.servers = servers
        self.plan = plan
        self.draw = random.Random(plan.seed)
        self.traffic = Traffic(stack, random.Random(plan.seed), plan.says)
        self.fake = stack.fake
        self.faults: list[str] = []
        # What no log may contain, in addition to texts and numbers.
        self.secrets = [stack.environment[name] for name in _SECRETS]
        self.statuses = Statuses(stack.database)
        self.figures: list[str] = []
        self._proxies: list[Proxy] = []
        self._owned = ExitStack()

    def start(self, *names: str) -> list[Process]:
        """Start lines of the Procfile, each ready; all of them if none is named."""
        return self.stack.start(*(names or EVERYTHING))

    def fake_contacts(self, number: int) -> list[FakeContact]:
        """So many contacts that nobody has met."""
        return fake_contacts(self.stack, number)

    def proxy(self, setting: str) -> Proxy:
        """A proxy before the server that a setting names; to be asked for before `start`."""
        proxy = Proxy.before(self.stack, setting)
        self._proxies.append(proxy)
        return proxy

    def web_proxy(self) -> Proxy:
        """A proxy between the phones and the web process."""
        proxy = Proxy(self.stack.url)
        self.traffic.url = proxy.url
        self._proxies.append(proxy)
        return proxy

    def until_closed(self, resource: AbstractContextManager[Resource]) -> Resource:
        """Enter a context that ends with the run, after everything has been checked."""
        return self._owned.enter_context(resource)

    def record(self, what: str) -> None:
        """Record a fault or an observation, with its moment."""
        self.faults.append(f"{time.monotonic():12.3f}  {what}")

    def measured(self, figure: str) -> None:
        """Keep a figure with its text, for the report of the run."""
        self.figures.append(figure)

    def kill(self, process: Process) -> None:
        """kill -9 of a process and its children."""
        process.kill()
        self.record(f"killed {process.log.stem}")

    def crash_at(self, point: Point, visits: int = 1) -> Path:
        """Let one of the processes started from now on die there; the mark it leaves then."""
        mark = self.stack.folder / f"{point}.mark"
        self.stack.environment["CRASH_AT"] = f"{point} {visits} {mark}"
        return mark

    def has_crashed(self, mark: Path, within_seconds: float = 60.0) -> None:
        """Wait until a process has died at its point, and start no more that would."""
        eventually(mark.exists, within_seconds)
        # The mark comes just before the end.
        time.sleep(0.5)
        self.stack.environment["CRASH_AT"] = ""
        self.record(f"died at {mark.stem}")

    @contextmanager
    def supervised(self) -> Iterator[None]:
        """Start again what has ended, as a supervisor does, until the end of the block."""
        is_over = threading.Event()
        watch = threading.Thread(target=self._supervise, args=[is_over], daemon=True)
        watch.start()
        try:
            yield
        finally:
            is_over.set()
            watch.join()
            self.stack.restart_ended()

    def _supervise(self, is_over: threading.Event) -> None:
        while not is_over.wait(0.2):
            self.stack.restart_ended()

    def callbacks(self, **changes: object) -> None:
        """Order other status callbacks for the messages to come; see CallbackPlan."""
        self.fake.plan(**asdict(self.fake.callbacks.plan) | changes)

    def pull(self) -> None:
        """Wake the pull of missed messages now; the clock does so every 60 s."""
        notify = self.stack.run("pull", "celery", "--app", "workers.app", "call", "sweep.pull")
        eventually(lambda: not notify.is_running, 60)
        self.record("rang for the pull")

    def heal(self) -> None:
        """Every server and every link is well again."""
        self.servers.repair()
        for proxy in self._proxies:
            proxy.heal()
        self.fake.knobs.ordered.clear()

    def drain(self, within_seconds: float) -> float:
        """Wait until nothing waits any more; the seconds that took."""
        started = time.monotonic()
        while self.waiting() and time.monotonic() - started < within_seconds:
            time.sleep(0.1)
        return time.monotonic() - started

    def settle(self) -> None:
        """Wait until nothing waits and no callback is under way; fails if that takes too long."""
        limit = self.plan.scenario.drained_within_seconds
        eventually(lambda: not self.waiting(), limit)
        self.fake.callbacks.finish(limit)
        eventually(lambda: not self.waiting(), limit)

    def waiting(self) -> list[str]:
        """What waits for a turn, a send, the end of a lease, or to be merged."""
        queries = {
            "turn": select(Entry.id).where(Entry.status == "waiting"),
            "send": select(Message.id).where(
                Message.direction == "outbound", Message.settled_at.is_(None)
            ),
            "lease": select(Lane.key).where(Lane.token.is_not(None)),
            "receipt": select(StoredCallback.id).where(StoredCallback.state == "waiting"),
        }
        try:
            with self.stack.database.read() as connection:
                return [
                    f"{name} {row[0]}"
                    for name, query in queries.items()
                    for row in connection.execute(query)
                ]
        except SQLAlchemyError as error:
            return [f"the database: {type(error).__name__}"]

    def handled(self) -> set[str]:
        """The provider's ids of the messages that had their turn."""
        query = select(Entry.provider_id).where(Entry.status == "handled")
        with self.stack.database.read() as connection:
            return set(connection.scalars(query))

    def has_pulled(self) -> bool:
        """Whether the clock has looked for missed messages; from then on none is too old."""
        with self.stack.database.read() as connection:
            return connection.execute(select(Watermark.name)).first() is not None

    def trace(self) -> list[TraceEvent]:
        """What the bot has noted so far."""
        return read_trace(self.stack.bot_log)

    def close(self) -> None:
        """End the proxies, the watch, and what was to last until now."""
        self.statuses.close()
        self._owned.close()
        for proxy in self._proxies:
            proxy.refuse()
