"""Delayed wake-ups: when a debounce ends its lane falls due, and the clock would wake too late."""

import heapq
import threading
import time
from collections.abc import Sequence

from pipeline.wakeups import Notify

_STEP_SECONDS = 0.1
_IDLE_SECONDS = 10.0


class DelayedNotifier:
    """Wakes converse after a delay, once for everything due in the same tenth of a second.

    One thread serves all delays; it ends when there has been none for a while.
    """

    def __init__(self, notify: Notify) -> None:
        self._notify = notify
        self._changed = threading.Condition()
        self._steps: list[int] = []
        self._thread: threading.Thread | None = None

    def notify_in(self, waits: Sequence[float]) -> None:
        """Wake converse after each of these seconds; the clock replaces a wake-up that is lost."""
        if not waits:
            return
        now = time.monotonic()
        with self._changed:
            for step in {int((now + seconds) / _STEP_SECONDS) + 1 for seconds in waits}:
                if step not in self._steps:
                    heapq.heappush(self._steps, step)
            self._changed.notify()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="delays", daemon=True)
                self._thread.start()

    def waiting(self) -> int:
        """How many wake-ups are still to come."""
        with self._changed:
            return len(self._steps)

    def _run(self) -> None:
        while self._wait_for_next():
            self._notify("converse")

    def _wait_for_next(self) -> bool:
        """Wait until a wake-up is due; False where none came for a while, which ends the thread."""
        with self._changed:
            while True:
                if not self._steps and not self._changed.wait(_IDLE_SECONDS) and not self._steps:
                    self._thread = None
                    return False
                wait = self._steps[0] * _STEP_SECONDS - time.monotonic()
                if wait <= 0:
                    heapq.heappop(self._steps)
                    return True
                self._changed.wait(wait)
