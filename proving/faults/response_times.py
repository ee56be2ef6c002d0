"""How quickly webhooks were answered, in proportion to the machine that they were answered on.

During the traffic a page that needs no database is requested: what that took longer than at rest is
the machine's own slowness, and no promise of Parley's.
"""

import math
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import urllib3

from proving.faults.history import Said
from proving.faults.run import Run

ANSWERED_WITHIN_SECONDS = 2.0
# The phones are threads of one process, and start a request as late as the page's.
_SLOWNESSES = 2
_MARGIN_SECONDS = 0.3
# If even such a page is slower, our threads are the cause and not the machine.
_MOST_SLOWNESS_SECONDS = 4.0


@dataclass(slots=True)
class Pace:
    """What was measured while a block ran."""

    slowness_seconds: float = 0.0
    said: list[Said] = field(default_factory=list)

    @property
    def tries(self) -> list[tuple[int, float]]:
        """The answer to each try, and the seconds it took."""
        return [pair for said in self.said for pair in zip(said.answers, said.seconds, strict=True)]

    def of(self, share: float) -> float:
        """The seconds that this share of the tries took at most."""
        return quantile(sorted(seconds for _, seconds in self.tries), share)

    def is_in_time(self, share: float = 1.0) -> None:
        """Assert that this share of all tries was answered within 2 s, on a machine like this."""
        slow = self.of(share)
        limit = ANSWERED_WITHIN_SECONDS + _MARGIN_SECONDS + _SLOWNESSES * self.slowness_seconds
        assert slow <= limit, f"answered after {slow:.2f} s, not within {limit:.2f} s"

    def counts(self) -> str:
        """For a person: how often each answer was given."""
        given = [status for status, _ in self.tries]
        return ", ".join(f"{given.count(status)}x {status}" for status in sorted(set(given)))


@contextmanager
def paced(run: Run) -> Iterator[Pace]:
    """Measure what is said in the block; what came of it is counted with the faults."""
    pace, first, is_over = Pace(), len(run.traffic.said), threading.Event()
    control = threading.Thread(target=_ask_for_health, args=(run.stack.url, pace, is_over))
    control.start()
    try:
        yield pace
    finally:
        is_over.set()
        control.join()
        pace.said = run.traffic.said[first:]
        if pace.tries:
            run.record(
                f"answered {pace.counts()}; p99 {pace.of(0.99):.2f} s, at most {pace.of(1):.2f} s, "
                f"a page without database {pace.slowness_seconds:.2f} s"
            )


def _ask_for_health(url: str, pace: Pace, is_over: threading.Event) -> None:
    with urllib3.PoolManager(retries=False, timeout=_MOST_SLOWNESS_SECONDS) as http:
        while not is_over.wait(0.1):
            started = time.monotonic()
            try:
                http.request("GET", f"{url}/healthz")
            except urllib3.exceptions.HTTPError:
                continue  # a web process that is killed says nothing of the machine
            slowness = min(time.monotonic() - started, _MOST_SLOWNESS_SECONDS)
            pace.slowness_seconds = max(pace.slowness_seconds, slowness)


def quantile(ordered: Sequence[float], share: float) -> float:
    """What this share of the values is at most, of values in order; 0.0 of none."""
    return ordered[math.ceil(share * len(ordered)) - 1] if ordered else 0.0
