"""A ring for later: when a burst is over, its lane falls due, and the clock would ring too late."""

import threading
import time
from collections.abc import Sequence

from pipeline.rings import Ring

_STEP_SECONDS = 0.1


class Bell:
    """Rings converse after a while, once for all that falls into the same tenth of a second."""

    def __init__(self, ring: Ring) -> None:
        self._ring = ring
        self._lock = threading.Lock()
        self._steps: set[int] = set()

    def ring_in(self, waits: Sequence[float]) -> None:
        """Ring after each of these seconds; a ring that is lost is made good by the clock."""
        now = time.monotonic()
        for step in {int((now + seconds) / _STEP_SECONDS) + 1 for seconds in waits}:
            with self._lock:
                if step in self._steps:
                    continue
                self._steps.add(step)
            timer = threading.Timer(step * _STEP_SECONDS - now, self._strike, (step,))
            timer.daemon = True
            timer.start()

    def _strike(self, step: int) -> None:
        with self._lock:
            self._steps.discard(step)
        self._ring("converse")
