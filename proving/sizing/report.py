"""What a person reads of a bench: a table of the stages, the figures, and what to do next."""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.dispatch.drain import CALLS_IN_PARALLEL
from proving.sizing.measured import CALLBACKS_PER_REPLY, STAGES, Measured
from proving.sizing.reckoning import BUSIEST_HOUR, RESERVE, Verdict, rounded, total_ms

# So much of the machine may others use before the speeds say little.
_MUCH = 0.15


def as_json(measured: Measured, verdict: Verdict) -> dict[str, Any]:
    """All of it, for a program; `measured` is what `python -m benchmarks.capacity` reads."""
    return {
        "measured": measured.to_json(),
        "verdict": {
            "each": dict(verdict.each),
            "limits": dict(verdict.limits),
            "saturates_first": verdict.first,
            "processes_to_fill_the_machine": dict(verdict.fill),
            "messages_per_second": verdict.most,
            "messages_per_second_planned": verdict.planned,
            "messages_per_day": verdict.a_day,
            "next": verdict.advice,
        },
    }


def as_text(measured: Measured, verdict: Verdict) -> str:
    """All of it, for a person."""
    parts = [_table(measured, verdict), _figures(measured), _conclusion(verdict)]
    return "\n\n".join("\n".join(part) for part in parts)


def _table(measured: Measured, verdict: Verdict) -> Iterator[str]:
    yield f"{'stage':<10}{'processes':>10}{'CPU ms':>9}{'carries/s':>11}{'busy':>7}{'MB':>6}"
    for name in STAGES:
        if stage := measured.stages.get(name):
            cpu = "" if name == "clock" else f"{measured.cpu_ms(name):.2f}"
            limit = rounded(verdict.limits[name]) if name in verdict.limits else ""
            # Of a server, so many cores; its processes share memory, so a sum says nothing.
            yield (
                f"{name:<10}{stage.processes:>10}{cpu:>9}{limit:>11}{stage.busy:>7.0%}"
                f"{stage.megabytes:>6.0f}"
            )
    limit = rounded(verdict.limits["machine"])
    cores = f"{measured.cores} cores"
    yield (
        f"{'machine':<10}{cores:>10}{total_ms(measured):>9.2f}{limit:>11}"
        f"{measured.machine_busy:>7.0%}"
    )


def _figures(measured: Measured) -> Iterator[str]:
    bot, quiet = measured.bot, measured.quiet
    yield (
        f"CPU is of one message with its replies ({bot.replies:.3g}) and their callbacks "
        f"({bot.replies * CALLBACKS_PER_REPLY:.3g}); busy is while the backlog was worked off."
    )
    yield f"Bot: {bot.path}, {bot.cpu_ms:.2f} ms of CPU and {bot.waiting_ms:.1f} ms of waiting."
    if quiet.answered:
        yield (
            f"Webhook to provider call at {quiet.rate:.3g}/s: p50 {quiet.p50_ms:.0f} ms, "
            f"p99 {quiet.p99_ms:.0f} ms ({quiet.answered} of {quiet.messages} answered)."
        )
    else:
        yield f"The bot answered none of {quiet.messages} messages; see --text."
    refused = f", {measured.webhooks_refused} refused" if measured.webhooks_refused else ""
    yield (
        f"Webhooks beside everything else: {measured.webhooks_per_second:,.0f}/s, "
        f"p99 {measured.webhook_p99_ms:.0f} ms{refused}."
    )
    yield from _backlog(measured)
    yield from _costs(measured.counters)
    if measured.others_busy > _MUCH:
        yield (
            f"Something else used {measured.others_busy:.0%} of this machine: every figure is "
            "worse than on a quiet one."
        )


def _backlog(measured: Measured) -> Iterator[str]:
    helped = f" with {measured.children} converse processes" if measured.children > 1 else ""
    yield (
        f"A backlog of {measured.messages}{helped}: {measured.backlog_per_second:,.0f} messages/s "
        f"to sent; the provider ({measured.latency_ms:g} ms) and the phones had "
        f"{measured.load_busy:.0%} of the machine."
    )


def _costs(counters: Mapping[str, float]) -> Iterator[str]:
    if counters:
        wakeups = f", {counters['wakeups']:.2f} wake-ups" if "wakeups" in counters else ""
        log, disk = (counters[name] / 1000 for name in ("wal_bytes", "stored_bytes"))
        yield (
            f"A message cost {log:.1f} kB of the database's log, {disk:.1f} kB of its disk, "
            f"{counters['commits']:.2f} commits{wakeups}."
        )


def _conclusion(verdict: Verdict) -> Iterator[str]:
    yield f"Full first: {verdict.first}, at {rounded(verdict.most)} messages a second."
    yield f"Next: {verdict.advice}"
    fill = ", ".join(f"{number} {pool}" for pool, number in verdict.fill.items())
    yield f"This machine has work for {fill} (a dispatch has {CALLS_IN_PARALLEL} calls in flight)."
    yield (
        f"Plan with {rounded(verdict.planned)} messages a second ({1 - RESERVE:.0%} of that): "
        f"{_round(verdict.a_day)} a day if {BUSIEST_HOUR:.0%} of them come in one hour."
    )


def _round(number: float) -> str:
    """With two digits that count."""
    digits = len(str(int(number))) - 2
    return f"{round(number, -digits):,.0f}" if digits > 0 else f"{number:,.0f}"
