"""The reader: asks the database for every viewer of this process, each question once at a time.

A live page asks again and again; however many people look, the database hears each question at
most once in FRESH_SECONDS.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pipeline.database import Database

FRESH_SECONDS = 0.3
_FORGOTTEN_SECONDS = 10.0
_CROWDED = 256


@dataclass(slots=True)
class _Answer:
    """What the database said, and when; the lock lets one viewer ask while others wait for it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    value: Any = None
    asked_at: float = float("-inf")


class Reader:
    """Remembers answers for a moment. One per web process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._answers: dict[Any, _Answer] = {}

    def ask(self, question: Callable[..., Any], args: tuple[Any, ...], *, is_live: bool) -> Any:
        """The answer to `question(connection, *args)`, a moment old at most where `is_live`."""
        answer = self._answer((question, args))
        with answer.lock:
            # Who has just changed something must see it; only the polls share.
            if not is_live or time.monotonic() - answer.asked_at > FRESH_SECONDS:
                with self._database.read() as connection:
                    answer.value = question(connection, *args)
                answer.asked_at = time.monotonic()
            return answer.value

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
