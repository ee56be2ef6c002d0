"""`python -m benchmarks [--runs 5] [--write]`: measure everything, side by side, in one run.

In each round every side of every comparison takes its turn, so that a machine whose speed drifts
is as slow for one as for the other.
"""

import argparse
import contextlib
import signal
import sys
import time

from benchmarks import backlog, bench, chart, databases, latency, receiver, sending, table
from benchmarks.figures import Line, Part, Round, lines
from benchmarks.sizes import Sizes

_PAGE = bench.ROOT / "docs" / "performance.md"
_CHART = bench.ROOT / "docs" / "images" / "performance.svg"
PARTS = {
    "backlog": backlog.in_process,
    "http": backlog.over_http,
    "receiver": receiver.part,
    "sending": sending.part,
    "latency": latency.part,
}


def main() -> None:
    """Print the table; with --write put it and the chart into the docs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", choices=PARTS, action="append", help="leave out the others")
    parser.add_argument("--write", action="store_true", help="into docs/performance.md")
    given = parser.parse_args()
    if given.write and given.only:
        parser.error("--write wants all of it")
    # Ended from outside, the processes of the run end with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with databases.alone():
        lines = measure(given.only or list(PARTS), given.runs, Sizes())
    shown = table.circumstances(given.runs) + "\n" + table.table(lines)
    print(shown)
    if given.write:
        table.write(_PAGE, shown)
        _CHART.write_text(chart.chart(lines), "utf-8")


def measure(names: list[str], runs: int, sizes: Sizes) -> list[Line]:
    """Every part that is named, in `runs` rounds."""
    with contextlib.ExitStack() as owned:
        parts = {name: owned.enter_context(PARTS[name](sizes)) for name in names}
        rounds: dict[str, list[Round]] = {name: [] for name in names}
        for number in range(runs):
            for name, part in parts.items():
                rounds[name].append(_one(name, part, number))
        return [line for name, part in parts.items() for line in lines(part.rows, rounds[name])]


def _one(name: str, part: Part, number: int) -> Round:
    started = time.perf_counter()
    figures = part.measure()
    took = time.perf_counter() - started
    shown = ", ".join(f"{key} {value:.3g}" for key, value in figures.items())
    print(f"{name}, round {number + 1}, {took:.0f} s: {shown}", file=sys.stderr, flush=True)
    return figures


if __name__ == "__main__":
    main()
