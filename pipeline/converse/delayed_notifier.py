"""Delayed wake-ups: when a debounce ends its lane falls due, and the clock would wake too late."""

import threading
import time
from collections.abc import Sequence

from pipeline.wakeups import Notify

_STEP_SECONDS = 0.1


class DelayedNotifier:
    """Wakes converse after a delay, once for everything due in the same tenth of a second."""

    def __init__(self, notify: Notify) -> None:
        self._notify = notify
        self._lock = threading.Lock()
        self._timers: dict[int, threading.Timer] = {}

    def notify_in(self, waits: Sequence[float]) -> None:
        """Wake converse after each of these seconds; the clock replaces a wake-up that is lost."""
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
        """The wake-ups still to come."""
        with self._lock:
            return list(self._timers.values())

    def _strike(self, step: int) -> None:
        with self._lock:
            self._timers.pop(step, None)
        self._notify("converse")
