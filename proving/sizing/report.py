"""What a person reads of a bench: a table of the stages, the figures, and what to do next."""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.dispatch.drain import CALLS_IN_PARALLEL
from proving.sizing.capacity import BUSIEST_HOUR, RESERVE, Capacity, rounded, total_ms
from proving.sizing.measurement import CALLBACKS_PER_REPLY, STAGES, Measurement

# So much of the machine may others use before the speeds say little.
_MUCH = 0.15


def as_json(measurement: Measurement, capacity: Capacity) -> dict[str, Any]:
    """All of it, for a program; `measured` is what `python -m benchmarks.capacity` reads."""
    return {
        "measured": measurement.to_json(),
        "verdict": {
            "each": dict(capacity.each),
            "limits": dict(capacity.limits),
            "saturates_first": capacity.first,
            "processes_to_fill_the_machine": dict(capacity.fill),
            "messages_per_second": capacity.most,
            "messages_per_second_planned": capacity.planned,
            "messages_per_day": capacity.a_day,
            "next": capacity.advice,
        },
    }


def as_text(measurement: Measurement, capacity: Capacity) -> str:
    """All of it, for a person."""
    phases = [_table(measurement, capacity), _figures(measurement), _conclusion(capacity)]
    return "\n\n".join("\n".join(part) for part in phases)


def _table(measurement: Measurement, capacity: Capacity) -> Iterator[str]:
    yield f"{'stage':<10}{'processes':>10}{'CPU ms':>9}{'carries/s':>11}{'busy':>7}{'MB':>6}"
    for name in STAGES:
        if stage := measurement.stages.get(name):
            cpu = "" if name == "clock" else f"{measurement.cpu_ms(name):.2f}"
            limit = rounded(capacity.limits[name]) if name in capacity.limits else ""
            # Of a server, so many cores; its processes share memory, so a sum says nothing.
            yield (
                f"{name:<10}{stage.processes:>10}{cpu:>9}{limit:>11}{stage.busy:>7.0%}"
                f"{stage.megabytes:>6.0f}"
            )
    limit = rounded(capacity.limits["machine"])
    cores = f"{measurement.cores} cores"
    yield (
        f"{'machine':<10}{cores:>10}{total_ms(measurement):>9.2f}{limit:>11}"
        f"{measurement.machine_busy:>7.0%}"
    )


def _figures(measurement: Measurement) -> Iterator[str]:
    bot, latency = measurement.bot, measurement.quiet
    yield (
        f"CPU: per message, including its replies ({bot.replies:.3g}) and their callbacks "
        f"({bot.replies * CALLBACKS_PER_REPLY:.3g}). Busy: while the backlog was worked off."
    )
    yield f"Bot: {bot.path}, {bot.cpu_ms:.2f} ms of CPU, {bot.waiting_ms:.1f} ms waiting."
    if latency.answered:
        yield (
            f"Webhook to provider call at {latency.rate:.3g}/s: p50 {latency.p50_ms:.0f} ms, "
            f"p99 {latency.p99_ms:.0f} ms ({latency.answered} of {latency.messages} answered)."
        )
    else:
        yield f"The bot answered none of {latency.messages} messages; see --text."
    refused = f", {measurement.webhooks_refused} refused" if measurement.webhooks_refused else ""
    yield (
        f"Webhooks while all else runs: {measurement.webhooks_per_second:,.0f}/s, "
        f"p99 {measurement.webhook_p99_ms:.0f} ms{refused}."
    )
    yield from _backlog(measurement)
    yield from _costs(measurement.counters)
    if measurement.others_busy > _MUCH:
        yield (
            f"Other work used {measurement.others_busy:.0%} of this machine: all figures are worse "
            "than on a quiet machine."
        )


def _backlog(measurement: Measurement) -> Iterator[str]:
    helped = f" with {measurement.children} converse processes" if measurement.children > 1 else ""
    speed = f"{measurement.backlog_per_second:,.0f} messages/s"
    yield (
        f"A backlog of {measurement.messages}{helped}: {speed} recorded and sent; the provider "
        f"({measurement.latency_ms:g} ms) and the clients used {measurement.load_busy:.0%} of the "
        "machine."
    )


def _costs(counters: Mapping[str, float]) -> Iterator[str]:
    if counters:
        wakeups = f", {counters['wakeups']:.2f} wake-ups" if "wakeups" in counters else ""
        log, disk = (counters[name] / 1000 for name in ("wal_bytes", "stored_bytes"))
        yield (
            f"A message cost {log:.1f} kB of the database's log, {disk:.1f} kB of its disk, "
            f"{counters['commits']:.2f} commits{wakeups}."
        )


def _conclusion(capacity: Capacity) -> Iterator[str]:
    yield f"Bottleneck: {capacity.first}, at {rounded(capacity.most)} messages a second."
    yield f"Next: {capacity.advice}"
    fill = ", ".join(f"{number} {pool}" for pool, number in capacity.fill.items())
    yield f"This machine has work for {fill} (a dispatch has {CALLS_IN_PARALLEL} calls in flight)."
    yield (
        f"Plan with {rounded(capacity.planned)} messages a second ({1 - RESERVE:.0%} of that): "
        f"{_round(capacity.a_day)} a day if {BUSIEST_HOUR:.0%} of them come in one hour."
    )


def _round(number: float) -> str:
    """With two digits that count."""
    digits = len(str(int(number))) - 2
    return f"{round(number, -digits):,.0f}" if digits > 0 else f"{number:,.0f}"
