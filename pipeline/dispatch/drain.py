"""The dispatch loop: merge callbacks, claim what is due, call in parallel, record as answers come.

A slow call holds back only its own contact: freed places are claimed again at once.
"""

import queue
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from pipeline.dispatch import callbacks
from pipeline.dispatch.claim import Claimed, claim
from pipeline.dispatch.plan import Result
from pipeline.dispatch.record import record
from pipeline.dispatch.send import look_up, send
from pipeline.pace import Pace
from pipeline.runtime import Runtime
from pipeline.wakeups import Notify

CALLS_IN_PARALLEL = 128
# Claims and records in batches of at least half the places while there is a backlog.
CLAIM_FROM = CALLS_IN_PARALLEL // 2
# New work is looked for so often while calls are under way.
WAIT_SECONDS = 0.03
GATHER_SECONDS = 0.003
BACKLOG_SECONDS = 0.02
STEP_SECONDS = 0.001
DRAIN_SECONDS = 20.0
MERGE_SECONDS = 0.05
EXPIRY_SECONDS = 1.0
PACED_SECONDS = 0.02


class Dispatch:
    """One drain at a time, with its own threads for calls."""

    def __init__(
        self, runtime: Runtime, notify: Notify, *, is_stopping: Callable[[], bool]
    ) -> None:
        self._database = runtime.database
        self._provider = runtime.provider
        self._sender_rate = runtime.settings.sender_rate
        self._notify = notify
        self._is_stopping = is_stopping
        self._calls = ThreadPoolExecutor(CALLS_IN_PARALLEL, thread_name_prefix="send")
        self._finished: queue.SimpleQueue[tuple[Claimed, Result]] = queue.SimpleQueue()
        self._in_flight = 0
        self._paced_until = 0.0

    def drain(self) -> None:
        """Send until nothing is due; after DRAIN_SECONDS wake for the rest and return."""
        try:
            self._drain()
        except SQLAlchemyError:
            # Calls in progress will still be answered, and no answer may be lost.
            while self._in_flight:
                self._record_finished()
            raise

    def _drain(self) -> None:
        deadline = time.monotonic() + DRAIN_SECONDS
        merges, expiries = Pace(MERGE_SECONDS), Pace(EXPIRY_SECONDS)
        is_opt_out = self._provider.is_opt_out
        while True:
            merged = callbacks.merge_waiting(self._database, is_opt_out) if merges.is_due() else 0
            may_claim = not self._is_stopping() and time.monotonic() < deadline
            claimed = self._claim(also_expired=expiries.is_due()) if may_claim else 0
            if self._in_flight:
                self._record_finished()
            elif not may_claim:
                self._notify("dispatch")
                return
            elif not merged and not claimed:
                if time.monotonic() > self._paced_until:
                    return
                # The rate gives the next place within moments; the clock wakes too seldom for it.
                time.sleep(PACED_SECONDS)

    def close(self) -> None:
        """End the threads; calls under way finish first."""
        self._calls.shutdown()

    def _claim(self, *, also_expired: bool) -> int:
        """Fill the free places, once there are some; returns how many lanes were leased."""
        free = CALLS_IN_PARALLEL - self._in_flight
        if free < CLAIM_FROM:
            return 0
        claimed = claim(
            self._database,
            free,
            self._sender_rate,
            self._provider.limits,
            also_expired=also_expired,
        )
        if claimed.leased == free:
            self._notify("dispatch")
        if claimed.paced_seconds:
            paced_until = time.monotonic() + claimed.paced_seconds + PACED_SECONDS
            self._paced_until = max(self._paced_until, paced_until)
        for head in claimed.to_send:
            self._start(claimed, partial(send, self._provider, head, claimed.claimed_at))
        for head in claimed.to_look_up:
            self._start(claimed, partial(look_up, self._provider, head))
        return claimed.leased

    def _start(self, claimed: Claimed, call: Callable[[], Result]) -> None:
        self._in_flight += 1
        self._calls.submit(lambda: self._finished.put((claimed, call())))

    def _record_finished(self) -> None:
        """Record every answer that has come, after waiting a while for the first."""
        results: list[tuple[Claimed, Result]] = []
        try:
            results.append(self._finished.get(timeout=WAIT_SECONDS))
            self._gather()
            while True:
                results.append(self._finished.get_nowait())
        except queue.Empty:
            pass
        if results:
            self._in_flight -= len(results)
            record(self._database, results, self._sender_rate, self._is_stopping)

    def _gather(self) -> None:
        """Wait a moment for more answers: a transaction costs about as much for one as for all."""
        patience = BACKLOG_SECONDS if self._in_flight >= CLAIM_FROM else GATHER_SECONDS
        wanted = min(self._in_flight - 1, CLAIM_FROM)
        until = time.monotonic() + patience
        while self._finished.qsize() < wanted and time.monotonic() < until:
            time.sleep(STEP_SECONDS)
