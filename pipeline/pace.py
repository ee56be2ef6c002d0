"""Pace: limits how often something is done inside a faster loop."""

import time


class Pace:
    """True at the first call, and then once per `seconds` or less often."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._next = 0.0

    def is_due(self) -> bool:
        now = time.monotonic()
        if now < self._next:
            return False
        self._next = now + self._seconds
        return True
