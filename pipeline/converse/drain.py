"""The converse loop: claim, run, record, until nothing is due.

The bot runs in a separate thread, which this one supervises: it renews leases, records lanes that
finished before a slow handler, returns lanes that have not started (promise P9), and ends the
process when a turn exceeds its time limit.
"""

import queue
import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import structlog

from pipeline import crash
from pipeline.botkit import PastMessage
from pipeline.conversation.pending import Failure
from pipeline.conversation.reactions import LATEST_SENT, Sent
from pipeline.conversation.turns import MAX_ATTEMPTS
from pipeline.converse.claim import LEASE, claim
from pipeline.converse.consent import Consents
from pipeline.converse.delayed_notifier import DelayedNotifier
from pipeline.converse.record import record
from pipeline.converse.situations import History
from pipeline.converse.turns import TurnRunner
from pipeline.converse.work import Batch, LaneTurns, Work
from pipeline.crash import Point
from pipeline.database import Database
from pipeline.enums import Direction
from pipeline.pace import Pace
from pipeline.records.core import leases, messages
from pipeline.runtime import Runtime
from pipeline.wakeups import Notify

log = structlog.get_logger(__name__)

MAX_LANES = 64
BATCH_SECONDS = 0.02
SLOW_SECONDS = 0.1
RENEW_SECONDS = LEASE.total_seconds() / 3
DRAIN_SECONDS = 20.0
NEW_SECONDS = 0.05
EXPIRY_SECONDS = 1.0
STOP_SECONDS = 7.0


@dataclass(slots=True)
class _Run:
    """A batch in the bot's thread. `is_cut` stops it before the next lane."""

    batch: Batch
    lock: threading.Lock = field(default_factory=threading.Lock)
    finished: threading.Event = field(default_factory=threading.Event)
    done: list[LaneTurns] = field(default_factory=list)
    begun: int = 0
    begun_at: float = 0.0
    is_cut: bool = False

    def begin_next(self) -> Work | None:
        with self.lock:
            if self.is_cut or self.begun == len(self.batch.works):
                return None
            self.begun += 1
            self.begun_at = time.monotonic()
            return self.batch.works[self.begun - 1]

    def cut(self) -> list[Work]:
        """Begin no more lanes; returns those not begun."""
        with self.lock:
            self.is_cut = True
            return self.batch.works[self.begun :]


class _BotThread:
    """Runs batches one after another; an abandoned one ends after the turn it hangs in."""

    def __init__(self, runner: TurnRunner) -> None:
        self._runner = runner
        self._runs: queue.SimpleQueue[_Run | None] = queue.SimpleQueue()
        threading.Thread(target=self._loop, name="bot", daemon=True).start()

    def start(self, run: _Run) -> None:
        self._runs.put(run)

    def close(self) -> None:
        self._runs.put(None)

    def _loop(self) -> None:
        while run := self._runs.get():
            while work := run.begin_next():
                run.done.append(self._runner.run(work, run.batch.claimed_at))
            run.finished.set()


class Converse:
    """One drain at a time: make one for each thread that converses."""

    def __init__(
        self,
        runtime: Runtime,
        notify: Notify,
        *,
        is_stopping: Callable[[], bool],
        overrun: Callable[[], None],
    ) -> None:
        self._database = runtime.database
        self._turn_limit_seconds = runtime.settings.turn_limit_seconds
        self._notify = notify
        self._is_stopping = is_stopping
        self._overrun = overrun
        self._runner = TurnRunner(
            runtime.bot,
            runtime.provider.name,
            _history(runtime.database),
            _sent(runtime.database),
        )
        self._consents = Consents(runtime.database, runtime.bot, runtime.provider.name)
        self._thread = _BotThread(self._runner)
        self._delayed = DelayedNotifier(notify)
        self._limit = 8

    def drain(self) -> None:
        """Take turns until no lane is due; after DRAIN_SECONDS wake for the rest and return."""
        deadline = time.monotonic() + DRAIN_SECONDS
        news, expiries = Pace(NEW_SECONDS), Pace(EXPIRY_SECONDS)
        is_recovering = False
        while not self._is_stopping():
            if (also_new := news.is_due()) and self._consents.settle_waiting():
                self._notify("dispatch")
            also_expired = expiries.is_due() or is_recovering
            batch = claim(self._database, self._limit, also_expired=also_expired, also_new=also_new)
            is_recovering = batch.is_recovery
            if not batch.works:
                return
            if batch.is_full:
                self._notify("converse")
            self._take(batch)
            if time.monotonic() > deadline:
                self._notify("converse")
                return

    def _take(self, batch: Batch) -> None:
        started = time.monotonic()
        run = _Run(batch, begun_at=started)
        self._thread.start(run)
        if self._finish_quickly(run):
            self._adapt(len(run.done), time.monotonic() - started)
            self._record(run.batch.token, run.done)
            return
        self._limit = 1
        unbegun = run.cut()
        self._return(batch.token, [work.key for work in unbegun])
        self._wait_for_slow(run)

    def _finish_quickly(self, run: _Run) -> bool:
        """Wait while no handler is slow; False as soon as one is, or when we must stop."""
        renewed_at = time.monotonic()
        while not run.finished.wait(SLOW_SECONDS):
            now = time.monotonic()
            if now - run.begun_at > SLOW_SECONDS or self._is_stopping():
                return False
            if now - renewed_at > RENEW_SECONDS:
                self._renew(run.batch.token, [work.key for work in run.batch.works])
                renewed_at = now
        return True

    def _wait_for_slow(self, run: _Run) -> None:
        """Record what is finished and then the slow turn itself, if it keeps the limit."""
        finished = len(run.done)
        self._record(run.batch.token, run.done[:finished])
        running = [work.key for work in run.batch.works[finished : run.begun]]
        renewed_at = run.begun_at
        stop_at: float | None = None
        while not run.finished.wait(0.05):
            now = time.monotonic()
            if self._is_stopping():
                stop_at = stop_at or now + STOP_SECONDS
                if now > stop_at:
                    self._return(run.batch.token, running)
                    return
            if now - run.begun_at > self._turn_limit_seconds:
                self._abandon(run, finished)
                return
            if now - renewed_at > RENEW_SECONDS:
                self._renew(run.batch.token, running)
                renewed_at = now
        self._record(run.batch.token, run.done[finished:])

    def _abandon(self, run: _Run, finished: int) -> None:
        """The turn loses its effects; its thread is left behind for what it may still do."""
        self._thread.close()
        self._thread = _BotThread(self._runner)
        for work in run.batch.works[finished : run.begun]:
            error = f"The turn ran longer than {self._turn_limit_seconds:g} s (TURN_LIMIT_SECONDS)."
            failure = Failure(
                (work.entries[0].id,), work.attempt, error, work.attempt >= MAX_ATTEMPTS
            )
            self._record(run.batch.token, [self._runner.failed(work, failure)])
            log.error("turn abandoned", turn=work.entries[0].id, seconds=self._turn_limit_seconds)
        self._overrun()

    def _record(self, token: UUID, done: Sequence[LaneTurns]) -> None:
        if done:
            crash.point(Point.CONVERSE_TURNED)
            record(self._database, token, done, self._is_stopping, self._runner.failed)
            if any(turns.pending.sends for turns in done):
                self._notify("dispatch")
            self._delayed.notify_in([turns.wait_seconds for turns in done if turns.wait_until])
            crash.point(Point.CONVERSE_NOTIFIED)

    def _return(self, token: UUID, keys: Sequence[str]) -> None:
        if keys:
            with self._database.write() as connection:
                now = self._database.now(connection)
                leases.return_unstarted(connection, Direction.INBOUND, token, keys, now)
            self._notify("converse")

    def _renew(self, token: UUID, keys: Sequence[str]) -> None:
        with self._database.write() as connection:
            until = self._database.now(connection) + LEASE
            leases.renew(connection, Direction.INBOUND, token, keys, until)

    def _adapt(self, lanes_done: int, seconds: float) -> None:
        """Aim at BATCH_SECONDS of the bot's time: 64 lanes for a quick bot, 1 for a slow one."""
        fitting = int(BATCH_SECONDS * lanes_done / max(seconds, 1e-6))
        self._limit = max(1, min(fitting, self._limit * 2, MAX_LANES))


def _history(database: Database) -> History:
    def look_up(conversation_id: UUID, limit: int, own: Collection[int]) -> Sequence[PastMessage]:
        with database.read() as connection:
            rows = messages.latest_of(connection, conversation_id, limit, without_turns=own)
        return [PastMessage(row.direction, row.author, row.body, row.created_at) for row in rows]

    return look_up


def _sent(database: Database) -> Callable[[UUID], Sequence[Sent]]:
    def look_up(contact_id: UUID) -> Sequence[Sent]:
        with database.read() as connection:
            rows = messages.latest_sent(connection, contact_id, LATEST_SENT)
        return [Sent(row.provider_id or "", row.body, bool(row.media)) for row in rows]

    return look_up
