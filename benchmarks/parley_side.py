"""Parley's side: the Procfile's processes on one database: woken, watched and checked."""

import contextlib
import shlex
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Engine, text

from benchmarks import bench, databases
from pipeline.settings import Settings
from pipeline.wakeups import Pool
from proving.faults.processes import procfile
from workers.notifier import Notifier

WORKERS = ("converse", "dispatch", "clock")
_SENT = text(
    "SELECT count(*), max(settled_at) FROM message "
    "WHERE direction = 'outbound' AND provider_id IS NOT NULL"
)
_LOGGED = text(
    "SELECT count(*) FILTER (WHERE direction = 'inbound'),"
    " count(DISTINCT turn_id) FILTER (WHERE direction = 'outbound' AND provider_id IS NOT NULL),"
    " count(*) FILTER (WHERE direction = 'outbound'), max(attempts), max(resends),"
    " (SELECT count(*) FROM inbox WHERE status = 'handled') FROM message"
)


@dataclass(slots=True)
class Pipeline:
    """Parley's processes: their pids by name and the seconds each took to be ready."""

    url: str
    engine: Engine
    pids: dict[str, int] = field(default_factory=dict)
    ready_seconds: dict[str, float] = field(default_factory=dict)

    def notify(self, pool: Pool) -> datetime:
        """Send a wake-up; returns when it left, by the database's clock."""
        settings = Settings.load(database_url=self.url, broker_url=bench.redis_url())
        notifier = Notifier(settings)
        now = datetime.now(UTC)
        if not notifier.notify_now(pool):
            raise RuntimeError("no broker")
        return now

    def wait_for_sent(self, messages: int) -> datetime:
        """The moment the last of so many messages was recorded as sent."""
        bench.wait_until(lambda: self._sent()[0] >= messages, pause=0.25)
        return self._sent()[1]

    def _sent(self) -> tuple[int, datetime]:
        with self.engine.connect() as connection:
            count, at = connection.execute(_SENT).one()
            return count, at

    def check(self, messages: int) -> None:
        """Raise unless every message was recorded and answered once."""
        with self.engine.connect() as connection:
            found = tuple(connection.execute(_LOGGED).one())
        if found != (messages, messages, messages, 1, 0, messages):
            raise RuntimeError(f"{messages} messages, but recorded and sent: {found}")

    def wait_for_pool(self, pool: str) -> None:
        """Return once a process of this pool has said that it is alive."""
        query = text("SELECT count(*) FROM worker WHERE pool = :pool")

        def is_up() -> bool:
            with self.engine.connect() as connection:
                return bool(connection.execute(query, {"pool": pool}).scalar_one())

        bench.wait_until(is_up, pause=0.01)


@contextlib.contextmanager
def running(
    url: str, env: dict[str, str], *, names: tuple[str, ...] = WORKERS
) -> Iterator[Pipeline]:
    """These processes of the Procfile, each started when the one before it is ready, so that its
    start can be timed.
    """
    with databases.looking(url) as engine, contextlib.ExitStack() as owned:
        pipeline = Pipeline(url, engine)
        for name in names:
            began = time.perf_counter()
            command = shlex.join(procfile()[name])
            pipeline.pids[name] = owned.enter_context(bench.process(command, env)).pid
            _wait(pipeline, name, env)
            pipeline.ready_seconds[name] = time.perf_counter() - began
        yield pipeline


def _wait(pipeline: Pipeline, name: str, env: dict[str, str]) -> None:
    if name == "web":
        bench.wait_for_port(int(env["PORT"]))
    else:
        pipeline.wait_for_pool(name)


def provider_settings(api_url: str) -> dict[str, str]:
    """Twilio at this address, or with none the provider in process."""
    if not api_url:
        return {"PROVIDER": "simulator"}
    return {"PROVIDER": "twilio", "TWILIO_API_BASE_URL": api_url}
