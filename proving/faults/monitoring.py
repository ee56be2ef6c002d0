"""What is seen of an install while it works: the statuses of its replies, and what its logs hold.

A status that went backwards and forwards again looks right at the end; only who looked meanwhile
knows.
"""

import re
import threading
from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from pipeline.database import Database
from pipeline.records.core.messages import Message

_EVERY_SECONDS = 0.2
_NEWEST = 1000
# Shorter ones, as "n 1", appear in a log by chance.
_SHORTEST_SECRET = 8
_NUMBER = re.compile(r"\d{8,15}")


class Statuses:
    """Looks at the newest replies again and again, from a thread of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: dict[str, list[str]] = {}
        self._lock = threading.Lock()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="statuses", daemon=True)
        self._thread.start()

    def seen(self) -> dict[str, list[str]]:
        """The different statuses of each reply in the order they were seen, now included."""
        self._look()
        with self._lock:
            return {reply: list(statuses) for reply, statuses in self._seen.items()}

    def close(self) -> None:
        """Look no more."""
        self._is_over.set()
        self._thread.join(5)

    def _watch(self) -> None:
        while not self._is_over.wait(_EVERY_SECONDS):
            try:
                self._look()
            except SQLAlchemyError:
                continue  # what is away is looked at when it is back

    def _look(self) -> None:
        query = (
            select(Message.public_id, Message.status)
            .where(Message.direction == "outbound")
            .order_by(Message.id.desc())
            .limit(_NEWEST)
        )
        # Locked around the question: an answer that came late must not be noted after a newer one.
        with self._lock, self._database.read() as connection:
            for row in connection.execute(query):
                statuses = self._seen.setdefault(str(row.public_id), [])
                if statuses[-1:] != [row.status]:
                    statuses.append(row.status)


def leaks(printed: Mapping[str, str], secrets: Iterable[str]) -> list[str]:
    """The lines of logs that hold one of the secrets: a number, the text of a message, a token."""
    numbers: set[str] = set()
    words: set[str] = set()
    for secret in secrets:
        digits = secret.removeprefix("+")
        if digits.isdecimal():
            numbers.add(digits)
        elif len(secret) >= _SHORTEST_SECRET:
            words.add(secret)
    return [
        f"{log}:{number}: {found!r} in {line[:300]!r}"
        for log, text in printed.items()
        for found in _found(text, numbers, words)
        for number, line in enumerate(text.splitlines(), 1)
        if found in line
    ]


def _found(text: str, numbers: set[str], words: set[str]) -> Iterator[str]:
    yield from sorted(numbers.intersection(_NUMBER.findall(text)))
    yield from sorted(word for word in words if word in text)
