"""A ring for later: when a burst is over, its lane falls due, and the clock would ring too late."""

import threading
import time
from collections.abc import Sequence

from pipeline.wakeups import Ring

_STEP_SECONDS = 0.1


class Bell:
    """Rings converse after a while, once for all that falls into the same tenth of a second."""

    def __init__(self, ring: Ring) -> None:
        self._ring = ring
        self._lock = threading.Lock()
        self._timers: dict[int, threading.Timer] = {}

    def ring_in(self, waits: Sequence[float]) -> None:
        """Ring after each of these seconds; a ring that is lost is made good by the clock."""
        now = time.monotonic()
        for step in {int((now + seconds) / _STEP_SECONDS) + 1 for seconds in waits}:
            with self._lock:
                if step in self._timers:
                    continue
                timer = threading.Timer(step * _STEP_SECONDS - now, self._strike, (step,))
                timer.daemon = True
                self._timers[step] = timer
            timer.start()

    def waiting(self) -> list[threading.Timer]:
        """The rings that are still to come."""
        with self._lock:
            return list(self._timers.values())

    def _strike(self, step: int) -> None:
        with self._lock:
            self._timers.pop(step, None)
        self._ring("converse")
