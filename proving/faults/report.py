"""What a person reads of proofs: while they run, at the end, and as a table for the docs."""

from collections.abc import Sequence
from dataclasses import astuple, fields

from proving.faults.checker import Counts
from proving.faults.proof import Result
from proving.faults.run import Plan
from proving.faults.scenario import Scenario

_SHOWN_LOG = 3000


def listing(scenarios: Sequence[Scenario]) -> str:
    """Every scenario and what it does, by group."""
    lines: list[str] = []
    group = ""
    for scenario in scenarios:
        if scenario.group != group:
            group = scenario.group
            lines.append(f"\n{group}")
        lines.append(f"  {scenario.name:34} {scenario.what}")
    return "\n".join(lines).strip("\n")


def beginning(plan: Plan) -> str:
    """Return the line printed while a run is in progress."""
    broken = f"{plan.broken}: " if plan.broken else ""
    return f"{broken}{plan.scenario.name:40} {plan.kind:22} seed {plan.seed:<7} "


def ending(result: Result) -> str:
    """What came of it, and all that is known where a promise was broken."""
    counts = result.counts
    if result.plan.broken and result.is_proved:
        return f"noticed: {', '.join(sorted(result.found))}"
    line = (
        f"{_verdict(result)}: {counts.handled} of {counts.said} handled, "
        f"{counts.taken} sent, {len(result.faults)} faults, drained after "
        f"{result.drained_seconds:.1f} s, {result.seconds:.0f} s in all"
    )
    line = "\n    ".join((line, *result.figures))
    if result.is_proved:
        return line
    more = [str(violation) for violation in result.violations]
    if result.error:
        more.append(result.error)
    return "\n".join([line, *more, *result.faults, result.logs[-_SHOWN_LOG:]])


def _verdict(result: Result) -> str:
    if result.plan.broken:
        return "NOT NOTICED"
    return "held" if result.is_proved else "BROKEN"


def summary(results: Sequence[Result]) -> str:
    """The sums of all runs."""
    sums = [sum(column) for column in zip(*(astuple(r.counts) for r in results), strict=True)]
    names = [field.name for field in fields(Counts)]
    faults = sum(len(result.faults) for result in results)
    held = sum(result.is_proved for result in results)
    totals = ", ".join(f"{total} {name}" for name, total in zip(names, sums, strict=False))
    return f"{held} of {len(results)} runs held every promise; {totals}; {faults} faults"


def table(results: Sequence[Result]) -> str:
    """The same as Markdown, a line for each scenario and kind."""
    columns = ("scenario", "install", "held", "said", "handled", "recovered", "sent")
    head = " | ".join((*columns, "again", "faults", "drained s"))
    lines = [f"| {head} |", "|---|---|---|---|---|---|---|---|---|---|"]
    groups: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        groups.setdefault((result.plan.scenario.name, result.plan.kind), []).append(result)
    for (name, kind), runs in groups.items():
        held = sum(run.is_proved for run in runs)
        lines.append(
            f"| {name} | {kind} | {held} of {len(runs)} | {_sum(runs, 'said')} "
            f"| {_sum(runs, 'handled')} | {_sum(runs, 'recovered')} | {_sum(runs, 'taken')} "
            f"| {_sum(runs, 'resent')} | {sum(len(run.faults) for run in runs)} "
            f"| {max(run.drained_seconds for run in runs):.1f} |"
        )
    return "\n".join([*lines, "", summary(results), ""])


def _sum(runs: Sequence[Result], name: str) -> int:
    return sum(int(getattr(run.counts, name)) for run in runs)
