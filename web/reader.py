"""The reader: runs the queries of live pages once for all viewers of this process.

Live pages ask repeatedly; whatever the number of viewers, each query runs once in FRESH_SECONDS.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pipeline.database import Database
from pipeline.errors import DatabaseUnavailable

FRESH_SECONDS = 0.3
PATIENCE_SECONDS = 1.0
_FORGOTTEN_SECONDS = 10.0
_CROWDED = 256


@dataclass(slots=True)
class _Answer:
    """What the database said, and when; the lock lets one viewer ask while others wait for it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    value: Any = None
    failure: Exception | None = None
    asked_at: float = float("-inf")


class Reader:
    """Remembers answers for a moment, and that there was none. One per web process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._answers: dict[Any, _Answer] = {}

    def ask(self, question: Callable[..., Any], args: tuple[Any, ...], *, is_live: bool) -> Any:
        """The answer to `question(connection, *args)`, a moment old at most where `is_live`.

        Raises DatabaseUnavailable where somebody else has waited for it too long already.
        """
        if not is_live:
            # A viewer who changed something must see it; only live updates share answers.
            return self._fresh(question, args)
        answer = self._answer((question, args))
        # A database that hangs must not take every thread of the process, one poll after another.
        if not answer.lock.acquire(timeout=PATIENCE_SECONDS):
            raise DatabaseUnavailable("The database is slow to answer. Trying again.")
        try:
            if time.monotonic() - answer.asked_at > FRESH_SECONDS:
                self._refresh(answer, question, args)
            if answer.failure is not None:
                raise answer.failure.with_traceback(None)
            return answer.value
        finally:
            answer.lock.release()

    def _fresh(self, question: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        with self._database.read() as connection:
            value = question(connection, *args)
        answer = self._answer((question, args))
        if answer.lock.acquire(blocking=False):
            answer.value, answer.failure, answer.asked_at = value, None, time.monotonic()
            answer.lock.release()
        return value

    def _refresh(
        self, answer: _Answer, question: Callable[..., Any], args: tuple[Any, ...]
    ) -> None:
        answer.failure = None
        try:
            with self._database.read() as connection:
                answer.value = question(connection, *args)
        except Exception as failure:  # noqa: BLE001 (raised again, for everybody who waits)
            answer.failure = failure
        answer.asked_at = time.monotonic()

    def _answer(self, key: Any) -> _Answer:
        with self._lock:
            if key not in self._answers:
                if len(self._answers) >= _CROWDED:
                    self._forget()
                self._answers[key] = _Answer()
            return self._answers[key]

    def _forget(self) -> None:
        before = time.monotonic() - _FORGOTTEN_SECONDS
        self._answers = {k: a for k, a in self._answers.items() if a.asked_at > before}
