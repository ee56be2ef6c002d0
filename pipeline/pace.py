"""Pace: do something at most so often, inside a loop that turns much faster."""

import time


class Pace:
    """True at the first question and then at most once in `seconds`."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._next = 0.0

    def is_due(self) -> bool:
        now = time.monotonic()
        if now < self._next:
            return False
        self._next = now + self._seconds
        return True
