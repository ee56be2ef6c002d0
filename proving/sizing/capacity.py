"""What follows from a bench: what each stage carries, which is full first, what to add next."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.dispatch.drain import CALLS_IN_PARALLEL
from proving.sizing.measurement import Measurement

# What is not planned with: traffic is uneven, and neighbours take their share.
RESERVE = 0.3
# The part of a day's messages that its busiest hour has.
BUSIEST_HOUR = 0.1
_POOLS = ("web", "converse", "dispatch")
# A process that was this busy, or a machine, was what the backlog waited for.
_BUSY = 0.7
# A stage that did nothing, as dispatch for a bot that says nothing, is not taken for endless.
_LEAST_SECONDS = 1e-5
_MACHINE, _COMMITS = "machine", "commits"


@dataclass(frozen=True, slots=True)
class Capacity:
    """Messages a second: of one process of each pool (`each`), and of the whole installation.

    `limits` are those of the pools with the processes they have, of the machine, and of the
    database's commits where they were what the backlog waited for; `first` is the lowest. `fill`
    is how many processes of each pool the whole machine has work for.
    """

    each: Mapping[str, float]
    limits: Mapping[str, float]
    first: str
    fill: Mapping[str, int]
    advice: str

    @property
    def most(self) -> float:
        """What all of it carries, flat out."""
        return self.limits[self.first]

    @property
    def planned(self) -> float:
        """What to plan with."""
        return self.most * (1 - RESERVE)

    @property
    def a_day(self) -> float:
        """Messages of a day whose busiest hour is as full as is planned with."""
        return self.planned * 3600 / BUSIEST_HOUR


def assess(measurement: Measurement) -> Capacity:
    """Return the capacity that follows from a measurement."""
    each = one_process(measurement)
    processes = {pool: measurement.stages[pool].processes for pool in _POOLS}
    limits = {pool: each[pool] * processes[pool] for pool in _POOLS}
    limits[_MACHINE] = machine_carries(measurement)
    if _waits_for_commits(measurement):
        limits[_COMMITS] = measurement.backlog_per_second
    first = min(limits, key=lambda name: limits[name])
    fill = {pool: max(1, math.ceil(limits[_MACHINE] / each[pool] - 0.05)) for pool in _POOLS}
    advice = _advice(measurement, each, limits, first)
    return Capacity(each, limits, first, fill, advice)


def one_process(measurement: Measurement) -> dict[str, float]:
    """Messages a second of one process of each pool, on a core of its own.

    A converse process runs one contact at a time, so it carries no more than the bot's waiting
    lets it; a dispatch process has so many calls in flight.
    """
    seconds = {pool: measurement.cpu_ms(pool) / 1000 for pool in _POOLS}
    seconds["converse"] += measurement.bot.waiting_ms / 1000
    calls = measurement.bot.replies * measurement.latency_ms / 1000 / CALLS_IN_PARALLEL
    seconds["dispatch"] = max(seconds["dispatch"], calls)
    return {pool: 1 / max(needed, _LEAST_SECONDS) for pool, needed in seconds.items()}


def machine_carries(measurement: Measurement) -> float:
    """Messages a second with every core at work for us."""
    return measurement.cores * 1000 / max(total_ms(measurement), _LEAST_SECONDS * 1000)


def total_ms(measurement: Measurement) -> float:
    """CPU of one message in all stages; the clock's is the same at any load."""
    return sum(measurement.cpu_ms(stage) for stage in measurement.stages if stage != "clock")


def _waits_for_commits(measurement: Measurement) -> bool:
    """Whether nothing was busy, and yet the backlog was not worked off as quick as CPUs can."""
    stages = measurement.stages
    is_busy = measurement.machine_busy >= _BUSY or any(stages[p].busy >= _BUSY for p in _POOLS)
    each = one_process(measurement)
    ceiling = min(each["converse"], each["dispatch"])
    return not is_busy and measurement.backlog_per_second < _BUSY * ceiling


def _advice(
    measurement: Measurement, each: Mapping[str, float], limits: Mapping[str, float], first: str
) -> str:
    if first == _COMMITS:
        return _about_commits(measurement)
    if first == _MACHINE:
        return _about_the_machine(measurement)
    others = {name: limit for name, limit in limits.items() if name != first}
    after = min(others, key=lambda name: others[name])
    processes = measurement.stages[first].processes
    reached = min(limits[first] + each[first], others[after])
    is_enough = limits[first] + each[first] >= others[after]
    then = f", where the {_called(after)} is full" if is_enough else ""
    more = f"Add a {_ordinal(processes + 1)} {first} process"
    if first == "converse":
        more += " (or raise its --concurrency)"
    elif first == "web":
        more = f"Start `parley web --workers {processes + 1}`"
    rise = f"{rounded(limits[first])} becomes {rounded(reached)} messages a second{then}"
    return f"{more}: {rise}.{_why(measurement, first)}"


def _why(measurement: Measurement, first: str) -> str:
    if first == "converse" and measurement.bot.waiting_ms > measurement.cpu_ms("converse"):
        waiting, cpu = measurement.bot.waiting_ms, measurement.cpu_ms("converse")
        return (
            f" The bot waits {waiting:,.0f} ms of a message and converse works {cpu:,.1f} ms, so "
            "further processes cost memory and hardly any CPU."
        )
    if first == "dispatch" and measurement.latency_ms * measurement.bot.replies > (
        measurement.cpu_ms("dispatch") * CALLS_IN_PARALLEL
    ):
        return f" Its {CALLS_IN_PARALLEL} calls in flight wait for the provider."
    return ""


def _about_commits(measurement: Measurement) -> str:
    if measurement.kind.startswith("sqlite"):
        return (
            "No process was busy: they waited for SQLite, which has one writer. Move to PostgreSQL "
            "before you add processes."
        )
    return (
        "No process was busy: they waited for PostgreSQL's commits. Give it a faster disk before "
        "you add processes."
    )


def _about_the_machine(measurement: Measurement) -> str:
    shares = {name: measurement.cpu_ms(name) for name in measurement.stages if name != "clock"}
    largest = max(shares, key=lambda name: shares[name])
    share = shares[largest] / total_ms(measurement)
    return (
        "More processes on this machine gain nothing: its CPU is the bottleneck. Add cores, "
        f"or move {largest} ({share:.0%} of a message's CPU) to a machine of its own."
    )


def _called(name: str) -> str:
    return "machine" if name == _MACHINE else "database" if name == _COMMITS else f"{name} pool"


def rounded(number: float) -> str:
    """For a person: whole, or with two digits where that would say little."""
    return f"{number:,.0f}" if number >= 10 else f"{number:.2g}"


def _ordinal(number: int) -> str:
    return {2: "second", 3: "third"}.get(number, f"{number}th")
