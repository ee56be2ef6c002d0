"""`python -m benchmarks [--runs 3]`: run everything and print the table of docs/performance.md."""

import argparse
import signal
import sys
from collections.abc import Callable

from benchmarks import backlog, bench, receiver


def main() -> None:
    """Measure Parley and the textbook in turn, and print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    # Ended from outside, the processes of the run end with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    print("| what | Parley | textbook | ratio |\n|---|---|---|---|")
    with backlog.fake_twilio() as api:
        _row(
            "backlog to sent, provider in process, messages/s",
            lambda: backlog.parley(9_000),
            lambda: backlog.textbook(600),
            runs,
        )
        _row(
            "backlog to sent over HTTP, messages/s",
            lambda: backlog.parley(4_000, api),
            lambda: backlog.textbook(600, api),
            runs,
        )
    ours = [receiver.parley(4_000) for _ in range(runs)]
    theirs = [receiver.textbook(4_000) for _ in range(runs)]
    for name in ("rate", "median_ms", "p99_ms"):
        _print(
            f"receiver, 64 connections, {name.replace('_', ' ')}",
            bench.median([getattr(figures, name) for figures in ours]),
            bench.median([getattr(figures, name) for figures in theirs]),
        )


def _row(what: str, ours: Callable[[], float], theirs: Callable[[], float], runs: int) -> None:
    pairs = [(ours(), theirs()) for _ in range(runs)]
    _print(what, bench.median([a for a, _ in pairs]), bench.median([b for _, b in pairs]))


def _print(what: str, ours: float, theirs: float) -> None:
    print(f"| {what} | {ours:,.0f} | {theirs:,.0f} | {ours / theirs:.2f} |")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
