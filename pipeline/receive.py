"""Receive: a provider's webhook becomes a row before it is acknowledged.

Concurrent requests of one process share their INSERTs and commits (group commit). Next, after a
wake-up: pipeline/converse takes inbox entries, pipeline/dispatch takes status_callbacks.
"""

import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import suppress
from dataclasses import dataclass, field

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from pipeline import crash
from pipeline.crash import Point
from pipeline.database import Database
from pipeline.errors import DatabaseUnavailable
from pipeline.jsons import JsonObject
from pipeline.messages import Inbound, StatusCallback
from pipeline.records.core import inbox, status_callbacks
from pipeline.records.stats import tallies
from pipeline.wakeups import Notify, Pool

log = structlog.get_logger(__name__)

Form = dict[str, list[str]]
Marked = Callable[[Inbound], Inbound]
CROWD = 3
GATHER_SECONDS = 0.004
COUNTED_WITHIN_SECONDS = 0.25
# What a database away, or a driver that cannot take a value, makes of an INSERT.
_REFUSALS = (SQLAlchemyError, ValueError, TypeError, OverflowError)


@dataclass(frozen=True, slots=True)
class Accepted:
    """One webhook on its way into the database; `taken` is done once it is committed.

    The `pool` works on it next; None for one that was refused and is only counted.
    """

    pool: Pool | None
    values: JsonObject
    taken: "Future[None]" = field(default_factory=Future)


class Receiver:
    """Takes webhooks of one web process and commits them in groups, from one thread.

    `marked` adds the STOP, START or HELP that the bot's own words see in a message. It is asked
    here, because such a message is settled ahead of its lane.
    """

    MAX_GROUP = 200

    def __init__(
        self,
        database: Database,
        notify: Notify,
        *,
        marked: Marked = lambda message: message,
        patience_seconds: float = 1.8,
    ) -> None:
        self._database = database
        self._notify = notify
        self._marked = marked
        self._patience_seconds = patience_seconds
        self._arrivals: queue.SimpleQueue[Accepted] = queue.SimpleQueue()
        self._starting = threading.Lock()
        self._writer: threading.Thread | None = None

    def inbound(self, message: Inbound, form: Form) -> None:
        """Commit an inbound message; the same provider id twice is one entry.

        Raises DatabaseUnavailable when the row is not committed in time.
        """
        self._take(Accepted("converse", inbox.entry(self._marked(message), form)))

    def status_callback(self, callback: StatusCallback, form: Form) -> None:
        """Commit a status callback. Raises DatabaseUnavailable."""
        self._take(Accepted("dispatch", status_callbacks.row(callback, form)))

    def refused(self, provider: str, reason: str) -> None:
        """Count a webhook that was refused, if the database takes that at once."""
        self._start()
        accepted = Accepted(None, {"provider": provider, "reason": reason})
        self._arrivals.put(accepted)
        with suppress(FutureTimeoutError, *_REFUSALS):
            accepted.taken.result(COUNTED_WITHIN_SECONDS)

    def _take(self, accepted: Accepted) -> None:
        self._start()
        self._arrivals.put(accepted)
        try:
            accepted.taken.result(self._patience_seconds)
        except (FutureTimeoutError, *_REFUSALS) as error:
            raise DatabaseUnavailable from error

    def _start(self) -> None:
        # Lazily, because a server may fork after it built the app and threads do not survive that.
        if self._writer is None or not self._writer.is_alive():
            with self._starting:
                if self._writer is None or not self._writer.is_alive():
                    self._writer = threading.Thread(
                        target=self._write_groups, name="receive", daemon=True
                    )
                    self._writer.start()

    def _write_groups(self) -> None:
        crowd = 0
        while True:
            group = [self._arrivals.get()]
            if crowd >= CROWD:
                # Under load more come at once, and each commit costs as much as several rows.
                time.sleep(GATHER_SECONDS)
            while len(group) < self.MAX_GROUP:
                try:
                    group.append(self._arrivals.get_nowait())
                except queue.Empty:
                    break
            crowd = len(group)
            self._commit(group)

    def _commit(self, group: Sequence[Accepted]) -> None:
        crash.point(Point.RECEIVE_TAKEN)
        try:
            with self._database.write() as connection:
                _insert(connection, self._database, group)
                crash.point(Point.RECEIVE_INSERTED)
        except _REFUSALS as error:
            self._separate(group, error)
        else:
            crash.point(Point.RECEIVE_COMMITTED)
            for accepted in group:
                accepted.taken.set_result(None)
            for pool in {accepted.pool for accepted in group}:
                if pool:
                    self._notify(pool)
            crash.point(Point.RECEIVE_NOTIFIED)

    def _separate(self, group: Sequence[Accepted], error: Exception) -> None:
        """Only the guilty row of a failed group fails; alone, a failure is its own."""
        if len(group) == 1:
            # The provider's id of the message leads to it once a later attempt has been stored.
            sid = str(group[0].values.get("provider_id", ""))
            log.warning("webhook not stored", message=sid, error=type(error).__name__)
            group[0].taken.set_exception(error)
            return
        deadline = time.monotonic() + self._patience_seconds
        for accepted in group:
            if time.monotonic() < deadline:
                self._commit([accepted])
            else:
                accepted.taken.set_exception(error)


def _insert(connection: Connection, database: Database, group: Sequence[Accepted]) -> None:
    now = database.now(connection)
    for pool, insert in (("converse", inbox.append), ("dispatch", status_callbacks.append)):
        if rows := [{**a.values, "received_at": now} for a in group if a.pool == pool]:
            insert(connection, rows)
    words = (tallies.refusal(**a.values, day=now.date()) for a in group if a.pool is None)
    if refused := Counter(words):
        tallies.add(connection, tallies.REFUSED, refused)
