"""How cost grows: `python -m benchmarks.growth backlog` (or another of its questions, see --help).

Milliseconds a message, on the wall and of the processor (PostgreSQL's share included), of the real
drains in one process. See "Growth" in docs/performance.md.
"""

import argparse
import statistics
import sys
from collections.abc import Callable, Sequence
from functools import partial

from sqlalchemy import text

from benchmarks import bloat, bulk_load, drains, plans

WINDOW = 20_000
SIZES = (1_000, 10_000, 100_000, 1_000_000)
BESIDE = 100_000
EDGE = 5_000
_HEAD = (
    "| what | converse, first | last | dispatch, first | last | all, first | last | last / first | "
    "CPU, first | last | last / first |\n" + "|---" * 11 + "|"
)
Windows = list[tuple[float, float]]


def main() -> None:
    """Measure what is asked for and print a table of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="what", required=True)
    backlog = commands.add_parser("backlog", help="backlogs of growing size")
    backlog.add_argument("sizes", nargs="*", type=int, default=SIZES)
    beside = commands.add_parser("beside", help="20,000 messages with back-offs and a flood")
    beside.add_argument("--runs", type=int, default=3)
    commands.add_parser("flood", help="the first and the last of one contact's 100,000")
    commands.add_parser("snapshot", help="the first and the last with an open snapshot")
    commands.add_parser("prune", help="the latency of messages while old entries are deleted")
    commands.add_parser("bloat", help="dead rows and sizes after a steady load")
    explain = commands.add_parser("plans", help="what each hot statement reads at two sizes")
    explain.add_argument("small")
    explain.add_argument("large")
    given = parser.parse_args()
    jobs: dict[str, Callable[[], None]] = {
        "backlog": lambda: _grow(given.sizes),
        "beside": lambda: _beside(given.runs),
        "flood": _one_contact,
        "snapshot": _snapshot,
        "prune": bloat.prune,
        "bloat": bloat.bloat,
        "plans": lambda: plans.compare(given.small, given.large),
    }
    jobs[given.what]()


def _grow(sizes: Sequence[int]) -> None:
    print(_HEAD)
    for size in sizes:
        _print(f"{size:,} waiting", _median(partial(_backlog, size), 20_000 // size))


def _backlog(size: int, beside: Callable[[drains.Site], None] = lambda _: None) -> Windows:
    """Converse first and last, dispatch first and last, as (wall, processor)."""
    with drains.site() as site:
        _warm(site)
        beside(site)
        bulk_load.write(site.runtime.database, size)
        stops = [WINDOW, *range(2 * WINDOW, size - WINDOW, 2 * WINDOW), size - WINDOW]
        windows = []
        for work in (site.converse, site.dispatch):
            marks = work(size, stops if size > WINDOW else [])
            windows += [marks[1].since(marks[0]), marks[-1].since(marks[-2])]
        return windows


def _warm(site: drains.Site) -> None:
    bulk_load.write(site.runtime.database, 500, prefix="+1418")
    site.converse(500, [])
    site.dispatch(500, [])


def _beside(runs: int) -> None:
    print(_HEAD)
    _print("20,000 waiting", _median(partial(_backlog, WINDOW), runs))
    waiting = partial(
        _backlog, WINDOW, lambda site: bulk_load.back_off(site.runtime.database, BESIDE)
    )
    _print(f"… with {BESIDE:,} lanes in back-off", _median(waiting, runs))
    flooded = partial(_backlog, WINDOW, lambda site: bulk_load.flood(site.runtime.database, BESIDE))
    _print(f"… behind {BESIDE:,} of one contact", _median(flooded, runs))


def _one_contact() -> None:
    print("\n| one contact's messages, converse | 5,000 after 20,000 | last 5,000 | ratio |")
    print("|---|---|---|---|")
    with drains.site() as site:
        _warm(site)
        bulk_load.flood(site.runtime.database, BESIDE)
        # By then all of them are in the lane.
        marks = site.converse(BESIDE, [WINDOW, WINDOW + EDGE, BESIDE - EDGE])
        _print_edges("", marks[1:])


def _snapshot() -> None:
    """Keep a snapshot open, as a dump does: rows that die in the meantime cannot be vacuumed."""
    print(f"\n| {WINDOW:,} waiting, with an open snapshot | first 5,000 | last 5,000 | ratio |")
    print("|---|---|---|---|")
    with drains.site() as site:
        _warm(site)
        bulk_load.write(site.runtime.database, WINDOW)
        with site.looking.connect().execution_options(isolation_level="REPEATABLE READ") as dump:
            dump.execute(text("SELECT count(*) FROM tally"))
            for name, work in (("converse ", site.converse), ("dispatch ", site.dispatch)):
                _print_edges(name, work(WINDOW, [EDGE, WINDOW - EDGE]))


def _print_edges(what: str, marks: list[drains.Mark]) -> None:
    first, last = marks[1].since(marks[0]), marks[-1].since(marks[-2])
    for name, before, after in zip(("wall", "CPU"), first, last, strict=True):
        print(f"| {what}{name} ms | {before:.3f} | {after:.3f} | {after / before:.2f} |")


def _median(measure: Callable[[], Windows], runs: int) -> Windows:
    measured = [measure() for _ in range(max(1, min(runs, 5)))]
    return [
        (statistics.median(w[0] for w in same), statistics.median(w[1] for w in same))
        for same in zip(*measured, strict=True)
    ]


def _print(what: str, windows: Windows) -> None:
    converse, later, dispatch, latest = windows
    sums = [(a[0] + b[0], a[1] + b[1]) for a, b in ((converse, dispatch), (later, latest))]
    cells = [w[0] for w in windows]
    cells += [sums[0][0], sums[1][0], sums[1][0] / sums[0][0]]
    cells += [sums[0][1], sums[1][1], sums[1][1] / sums[0][1]]
    print(f"| {what} | " + " | ".join(f"{cell:.2f}" for cell in cells) + " |")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
