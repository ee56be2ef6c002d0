"""What a scenario checks in addition to the promises, and does as an operator."""

from collections.abc import Callable
from typing import Any

import urllib3
from sqlalchemy import func, select

from pipeline.records.core.contacts import Contact
from proving.faults.contacts import FakeContact
from proving.faults.history import Reply, replies_of
from proving.faults.processes import eventually
from proving.faults.run import Run


def count(run: Run, column: Any, *conditions: Any) -> int:
    """How many rows there are."""
    with run.stack.database.read() as connection:
        query = select(func.count(column)).where(*conditions)
        return int(connection.execute(query).scalar_one())


def replies_to(run: Run, person: FakeContact) -> list[Reply]:
    """What was queued for a contact, in the order of the log."""
    with run.stack.database.read() as connection:
        return [reply for reply in replies_of(connection) if reply.contact == person.number]


def has_opted_out(run: Run, person: FakeContact) -> bool:
    """Whether we mirror that a contact said STOP."""
    query = select(Contact.opt_outs).where(Contact.key == person.number)
    with run.stack.database.read() as connection:
        return bool(connection.execute(query).scalar())


def drained(run: Run, within_seconds: float) -> None:
    """Nothing waits any more within so many seconds."""
    took = run.drain(within_seconds)
    assert took < within_seconds, f"not drained in {within_seconds:g} s: {run.waiting()}"


def insist(run: Run, method: str, path: str, *, key: str = "", **body: object) -> Any:
    """Ask the API, again after a broken connection, as a client does; what it answers at last."""

    def asked() -> Any:
        try:
            status, answer = run.stack.api(method, path, key=key, **body)
        except (urllib3.exceptions.HTTPError, ValueError):
            return None
        assert status < 300 or status >= 500, answer
        return answer if status < 300 else None

    return eventually(asked, 60)


def call(run: Run, task: str) -> None:
    """Wake a job of the clock now, which is otherwise due in a minute or more."""
    process = run.stack.run("call", "celery", "--app", "workers.app", "call", task)
    eventually(lambda: not process.is_running, 60)


def call_until(run: Run, task: str, is_done: Callable[[], object]) -> None:
    """Wake it again and again: a wake-up may be lost with the process that received it."""

    def called() -> bool:
        call(run, task)
        return bool(is_done())

    eventually(called, 90)


def most_in_a_second(moments: list[float]) -> int:
    """The largest number of moments within one second."""
    ordered = sorted(moments)
    return max(
        (sum(at <= other < at + 1 for other in ordered[i:]) for i, at in enumerate(ordered)),
        default=0,
    )
