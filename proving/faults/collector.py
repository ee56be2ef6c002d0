"""Collects what the phones, the database and the provider know after a run, as one history."""

import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

from sqlalchemy import select

from pipeline.records.stats.workers import Worker
from proving.faults import history
from proving.faults.monitoring import leaks
from proving.faults.processes import family_of
from proving.faults.run import Run
from proving.faults.stack import Stack

AWAKE_WITHIN_SECONDS = 15.0
# A worker beats every 5 s.
_BEAT_AGE = timedelta(seconds=7)


def gather(run: Run) -> history.History:
    """Return the history of a run, from all its records."""
    waiting, asleep = run.waiting(), _wake(run.stack)
    with run.stack.database.read() as connection:
        turns, replies = history.turns_of(connection), history.replies_of(connection)
        heard = {} if run.plan.bot else history.texts_counted(connection)
        joined = history.joined_of(connection)
    return history.History(
        said=run.traffic.said,
        turns=turns,
        replies=replies,
        sent_messages=history.sent_messages_of(run.fake),
        trace=run.trace(),
        delivered=history.delivered_of(run.fake),
        heard=heard,
        joined=joined,
        statuses=run.statuses.seen(),
        waiting=waiting,
        leaks=leaks(run.stack.printed(), _secrets_of_logs(run)),
        asleep=asleep,
    )


def _wake(stack: Stack) -> list[str]:
    """Wait until every worker is awake, counted from its start; those that are not in time."""
    for process, name in stack.running().items():
        with suppress(AssertionError):  # that it is not is found out below
            stack.wait_until_ready(name, process)
    deadline = time.monotonic() + AWAKE_WITHIN_SECONDS
    while (asleep := _asleep(stack)) and time.monotonic() < deadline:
        time.sleep(0.2)
    return asleep


def _asleep(stack: Stack) -> list[str]:
    """The workers that run, and have not said for a while that they are alive."""
    with stack.database.read() as connection:
        since = stack.database.now(connection) - _BEAT_AGE
        beats = select(Worker.name).where(Worker.seen_at > since)
        awake = {int(name.rpartition(":")[2]) for name in connection.scalars(beats)}
    return [
        process.log.stem
        for process, name in stack.running().items()
        if name != "web" and awake.isdisjoint(family_of(process.pid))
    ]


def _secrets_of_logs(run: Run) -> Iterator[str]:
    yield from run.secrets
    for said in run.traffic.said:
        yield said.contact
        yield said.text
