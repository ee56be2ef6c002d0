"""The install that is measured: processes of the Procfile, servers and a provider of its own."""

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import text

from proving.faults.processes import procfile
from proving.faults.server_pool import KINDS, ServerPool
from proving.faults.stack import EVERYTHING, Stack
from proving.sizing.bot_timing import BotTimes, read_times
from proving.sizing.load import CannotBench
from proving.sizing.provider import Provider
from proving.sizing.usage import Family, Machine, machine

TIMED_BOT = "proving.sizing.timed_bot:bot"
# This process, in which the contacts are threads.
CLIENTS = "phones"
_TIMES = "times"
_SHOWN_LOG = 3000
_COUNTERS = text(
    "SELECT pg_current_wal_lsn() - '0/0'::pg_lsn AS wal_bytes, "
    "(SELECT sum(xact_commit) FROM pg_stat_database) AS commits, "
    "pg_database_size(current_database()) AS stored_bytes"
)
_CONNECTIONS = text(
    "SELECT application_name, count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() GROUP BY application_name"
)


@dataclass(frozen=True, slots=True)
class Sample:
    """What everything has used so far: CPU seconds by stage, the bot's time, counters."""

    at: float
    cpu: Mapping[str, float]
    machine: Machine
    bot: BotTimes
    counters: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Usage:
    """What was used between two looks."""

    seconds: float
    cpu: Mapping[str, float]
    machine_seconds: float
    bot: BotTimes
    counters: Mapping[str, float]

    def cpu_ms(self, stage: str, count: float) -> float:
        """Milliseconds of CPU that a stage used for each of so many."""
        return self.cpu.get(stage, 0.0) * 1000 / max(count, 1)


@dataclass(slots=True)
class Install:
    """It runs. `families` are the processes of each stage, the provider and the servers too."""

    kind: str
    stack: Stack
    provider: Provider
    servers: ServerPool
    families: dict[str, Family] = field(default_factory=dict)

    def start(self) -> None:
        """Start the lines of the Procfile. Raises CannotBench with the last words of all."""
        try:
            processes = self.stack.start(*EVERYTHING)
        except AssertionError as error:
            words = self.stack.logs()[-_SHOWN_LOG:]
            raise CannotBench(f"Not every process came up.\n{words}") from error
        for name, process in zip(EVERYTHING, processes, strict=True):
            self.families[name] = Family(process.pid, _workers(name))
        self.families["provider"] = Family(self.provider.process.pid)
        for name, server in zip(
            ("database", "broker"), self.servers.under(self.kind), strict=False
        ):
            self.families[name] = Family(server.pid)

    def widen(self, children: int) -> None:
        """Let so many children of one converse worker take turns, instead of the one child."""
        self.stack.lines()[EVERYTHING.index("converse")].kill()
        line = procfile()["converse"]
        line[line.index("--concurrency") + 1] = str(children)
        process = self.stack.run("converse", *line)
        self.stack.wait_until_ready("converse", process)
        self.families["converse"] = Family(process.pid)

    def sample(self) -> Sample:
        """What was used so far."""
        return Sample(
            time.monotonic(),
            {name: family.cpu_seconds for name, family in self.families.items()}
            | {CLIENTS: time.process_time()},
            machine(),
            read_times(self.stack.folder / _TIMES),
            self._counters(),
        )

    def since(self, before: Sample) -> Usage:
        """What was used since."""
        now = self.sample()
        busy, was_busy = (it.all_seconds - it.idle_seconds for it in (now.machine, before.machine))
        return Usage(
            now.at - before.at,
            {name: cpu - before.cpu[name] for name, cpu in now.cpu.items()},
            busy - was_busy,
            now.bot.since(before.bot),
            {name: value - before.counters[name] for name, value in now.counters.items()},
        )

    def connections(self) -> dict[str, int]:
        """Connections to PostgreSQL by who holds them."""
        if self.stack.database.is_sqlite:
            return {}
        with self.stack.database.read() as connection:
            return {str(name): int(count) for name, count in connection.execute(_CONNECTIONS)}

    def _counters(self) -> dict[str, float]:
        if self.stack.database.is_sqlite:
            return {}
        with self.stack.database.read() as connection:
            row = connection.execute(_COUNTERS).mappings().one()
        counters = {name: float(value) for name, value in row.items()}
        if self.kind == KINDS[1]:
            with self.servers.redis.client as client:
                calls = client.info("commandstats").get("cmdstat_lpush", {}).get("calls", 0)
            counters["wakeups"] = float(calls)
        return counters


@contextmanager
def installed(
    kind: str, folder: Path, bot: str, settings: dict[str, str], latency_seconds: float
) -> Iterator[Install]:
    """Start everything in a folder, and end it with the block."""
    with ExitStack() as owned:
        servers = ServerPool(folder, is_durable=True)
        owned.callback(servers.close)
        place = folder / "install"
        place.mkdir()
        database_url, broker_url = owned.enter_context(servers.places(kind, place))
        provider = Provider(place, latency_seconds)
        owned.callback(provider.close)
        of_the_bench = {"BOT": TIMED_BOT, "BENCHED_BOT": bot, "BENCH_TIMES": str(place / _TIMES)}
        addresses = {"database_url": database_url, "broker_url": broker_url}
        stack = Stack(place, provider.fake, **addresses, **settings | of_the_bench)
        owned.callback(stack.stop)
        install = Install(kind, stack, provider, servers)
        install.start()
        yield install


def _workers(line: str) -> int:
    """How many processes of a line of the Procfile do its work."""
    words = procfile()[line]
    return int(words[words.index("--workers") + 1]) if "--workers" in words else 1
