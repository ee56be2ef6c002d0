"""`python -m benchmarks.capacity [FILE …]`: calculate what an installation carries.

FILE is the output of `parley bench --json` on your machine with your bot. Of several files, it uses
the median of each figure; without one, it uses MEASURED. The result is a calculation: it assumes
that all cores are equal and that PostgreSQL can use all of them.
"""

import argparse
import json
import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from proving.sizing.capacity import BUSIEST_HOUR, RESERVE, one_process, total_ms
from proving.sizing.measurement import Bot, Latency, Measurement, Stage, from_json

POOLS = ("web", "converse", "dispatch")
# Measured by `connections` of a bench, at its end: a web process commits in one thread, a worker
# has one connection at work and one for its heartbeat and leases. Each may open 16.
CONNECTIONS = {"web": 1, "converse": 2, "dispatch": 2}
MOST_CONNECTIONS = 16


@dataclass(frozen=True)
class Install:
    """An installation. With `database_cores`, PostgreSQL has its own machine.

    Then there are as many other machines as it needs. Otherwise everything shares `cores`.
    """

    name: str
    cores: int = 0
    database_cores: int = 0


@dataclass(frozen=True)
class Plan:
    """What an install carries: flat out, and with the reserve in the busiest hour."""

    most: float
    planned: float
    a_day: float
    processes: dict[str, int]
    cores_of_processes: int
    connections: int


INSTALLS = (
    Install("one machine of 2 cores", cores=2),
    Install("one machine of 4 cores", cores=4),
    Install("one machine of 16 cores", cores=16),
    Install("cluster, PostgreSQL on 4 cores", database_cores=4),
    Install("cluster, PostgreSQL on 16 cores", database_cores=16),
)
WAITS_MS = (0, 50, 300, 2000)
RATES = (1, 10, 100)
# The medians of 7 runs of `parley bench` on 2026-11-25, on a shared virtual machine of 2 cores with
# Python 3.11 and PostgreSQL 15, while other work used 60% of it: a quiet one is better.
MEASURED = Measurement(
    kind="postgresql + redis",
    cores=2,
    latency_ms=80,
    messages=2000,
    stages={
        "web": Stage(2, 0.805, 0.740, busy=0.00, megabytes=129),
        "converse": Stage(1, 0.430, 0.000, busy=0.15, megabytes=119),
        "dispatch": Stage(1, 0.845, 0.135, busy=0.32, megabytes=131),
        "database": Stage(1, 0.660, 0.182, busy=0.22, megabytes=54),
        "broker": Stage(1, 0.020, 0.012, busy=0.00, megabytes=12),
    },
    quiet=Latency(20, 300, 300, p50_ms=104, p99_ms=287),
    bot=Bot("bots.template:bot", cpu_ms=0.038, waiting_ms=0, replies=1),
    webhooks_per_second=827,
    webhook_p99_ms=149,
    webhooks_refused=0,
    backlog_per_second=346,
    machine_busy=1.00,
    load_busy=0.05,
    others_busy=0.60,
    counters={"wal_bytes": 9055, "stored_bytes": 5493, "commits": 0.52, "wakeups": 0.011},
    connections={"parley worker": 6, "parley-web": 2},
)


def plan(measured: Measurement, install: Install) -> Plan:
    """Return the processes, cores and connections of an installation."""
    database_ms = measured.cpu_ms("database")
    of_processes_ms = sum(measured.cpu_ms(pool) for pool in POOLS)
    if install.database_cores:
        most = install.database_cores * 1000 / database_ms
    else:
        most = install.cores * 1000 / total_ms(measured)
    each = one_process(measured)
    processes = {pool: math.ceil(most / each[pool] - 0.05) for pool in POOLS}
    planned = most * (1 - RESERVE)
    return Plan(
        most,
        planned,
        planned * 3600 / BUSIEST_HOUR,
        processes,
        math.ceil(most * of_processes_ms / 1000) if install.database_cores else install.cores,
        sum(CONNECTIONS[pool] * number for pool, number in processes.items()),
    )


def tables(measured: Measurement) -> Iterator[str]:
    """Yield the tables of docs/scaling.md."""
    yield from _stages(measured)
    yield ""
    yield from _installs(measured)
    yield ""
    yield from _waiting(measured)


def _stages(measured: Measurement) -> Iterator[str]:
    yield (
        "| stage | CPU ms of a message | of its webhook, turn and call | of a callback "
        "| one process carries |"
    )
    yield "|---|---|---|---|---|"
    each = one_process(measured)
    for name, stage in measured.stages.items():
        if name != "clock":
            carries = f"{each[name]:,.0f}/s" if name in each else ""
            yield (
                f"| {name} | {measured.cpu_ms(name):.2f} | {stage.message_ms:.2f} "
                f"| {stage.callback_ms:.2f} | {carries} |"
            )
    yield f"| all | {total_ms(measured):.2f} | | | |"


def _installs(measured: Measurement) -> Iterator[str]:
    yield (
        "| installation | maximum, messages/s | planned | a day | web + converse + dispatch "
        "| their cores | connections | log MB/s | disk GB a day |"
    )
    yield "|---|---|---|---|---|---|---|---|---|"
    for install in INSTALLS:
        it = plan(measured, install)
        processes = " + ".join(str(it.processes[pool]) for pool in POOLS)
        needs = f"{processes} | {it.cores_of_processes} | {it.connections}"
        log = it.planned * measured.counters.get("wal_bytes", 0) / 1e6
        disk = it.a_day * measured.counters.get("stored_bytes", 0) / 1e9
        yield (
            f"| {install.name} | {it.most:,.0f} | {it.planned:,.0f} | {it.a_day / 1e6:,.0f} M "
            f"| {needs} | {log:,.1f} | {disk:,.0f} |"
        )


def _waiting(measured: Measurement) -> Iterator[str]:
    heads = " | ".join(f"{rate}/s" for rate in RATES)
    yield f"| the bot waits | one process carries | processes for {heads} |"
    yield f"|---|---|{'---|' * len(RATES)}"
    for wait in WAITS_MS:
        slow = replace(measured, bot=replace(measured.bot, waiting_ms=float(wait)))
        each = one_process(slow)["converse"]
        needed = " | ".join(str(math.ceil(rate / each / (1 - RESERVE))) for rate in RATES)
        yield f"| {wait} ms | {each:,.1f}/s | {needed} |"


def median_of(benches: Sequence[Any]) -> Any:
    """Of the same JSON several times: the median of each number, the first of the rest."""
    first = benches[0]
    if isinstance(first, dict):
        return {name: median_of([bench.get(name, 0) for bench in benches]) for name in first}
    if isinstance(first, int | float):
        return statistics.median(benches)
    return first


def read(paths: Sequence[Path]) -> Measurement:
    """What benches measured, or ours without any."""
    if not paths:
        return MEASURED
    found = [json.loads(path.read_text())["measured"] for path in paths]
    return from_json(median_of(found))


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    print("\n".join(tables(read(parser.parse_args().files))))


if __name__ == "__main__":
    main()
