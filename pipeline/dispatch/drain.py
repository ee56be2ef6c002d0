"""The dispatch loop: merge callbacks, claim what is due, call in parallel, record as answers come.

A slow call holds back only its own contact: freed places are claimed again at once.
"""

import time
import uuid
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from pipeline.dispatch import receipts
from pipeline.dispatch.claim import Claimed, claim
from pipeline.dispatch.record import Result, record
from pipeline.dispatch.send import look_up, send
from pipeline.receive import Ring
from pipeline.runtime import Runtime

CALLS_IN_PARALLEL = 64
CLAIM_FROM = 8
DRAIN_SECONDS = 20.0


class Dispatch:
    """One drain at a time, with its own threads for calls."""

    def __init__(self, runtime: Runtime, ring: Ring, *, is_stopping: Callable[[], bool]) -> None:
        self._database = runtime.database
        self._provider = runtime.provider
        self._sender_rate = runtime.settings.sender_rate
        self._ring = ring
        self._is_stopping = is_stopping
        self._calls = ThreadPoolExecutor(CALLS_IN_PARALLEL, thread_name_prefix="send")
        self._in_flight: dict[Future[Result], uuid.UUID] = {}

    def drain(self) -> None:
        """Send until nothing is due; after DRAIN_SECONDS ring for the rest and return."""
        deadline = time.monotonic() + DRAIN_SECONDS
        while True:
            merged = receipts.merge_waiting(self._database)
            may_claim = not self._is_stopping() and time.monotonic() < deadline
            claimed = self._claim() if may_claim else 0
            if self._in_flight:
                self._record_finished()
            elif not may_claim:
                self._ring("dispatch")
                return
            elif not merged and not claimed:
                return

    def close(self) -> None:
        """End the threads; calls under way finish first."""
        self._calls.shutdown()

    def _claim(self) -> int:
        """Fill the free places, once there are some; returns how many lanes were leased."""
        free = CALLS_IN_PARALLEL - len(self._in_flight)
        if free < CLAIM_FROM:
            return 0
        claimed = claim(self._database, free, self._sender_rate)
        if claimed.leased == free:
            self._ring("dispatch")
        self._start(claimed)
        return claimed.leased

    def _start(self, claimed: Claimed) -> None:
        for head in claimed.to_send:
            call: Future[Result] = self._calls.submit(
                send, self._provider, head, claimed.claimed_at
            )
            self._in_flight[call] = claimed.token
        for head in claimed.to_look_up:
            call = self._calls.submit(look_up, self._provider, head)
            self._in_flight[call] = claimed.token

    def _record_finished(self) -> None:
        done, _ = wait(self._in_flight, timeout=0.25, return_when=FIRST_COMPLETED)
        results = [(self._in_flight.pop(call), call.result()) for call in done]
        if results:
            record(self._database, results, self._sender_rate, self._is_stopping)
