"""A worker without a broker: one thread runs turns, sends and due timers, for `parley chat`."""

import threading

import structlog
from sqlalchemy.exc import SQLAlchemyError

from pipeline import sweep
from pipeline.converse.drain import Converse
from pipeline.dispatch.drain import Dispatch
from pipeline.runtime import Runtime
from pipeline.wakeups import Pool

log = structlog.get_logger(__name__)

# Timers fall due without a wake-up.
_POLL_SECONDS = 1.0


class InlineWorker:
    """Works on each wake-up and every second, from its creation until `close`."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._wake = threading.Event()
        self._is_closing = False
        self._thread = threading.Thread(target=self._loop, name="inline worker", daemon=True)
        self._thread.start()

    def notify(self, _pool: Pool) -> None:
        """Wake it: there is work."""
        self._wake.set()

    def close(self) -> None:
        """Stop after the current turn; one that takes too long is left to the next worker."""
        self._is_closing = True
        self._wake.set()
        self._thread.join(2.0)

    def _loop(self) -> None:
        converse = Converse(
            self._runtime, self.notify, is_stopping=lambda: self._is_closing, overrun=lambda: None
        )
        dispatch = Dispatch(self._runtime, self.notify, is_stopping=lambda: self._is_closing)
        while not self._is_closing:
            self._wake.wait(_POLL_SECONDS)
            self._wake.clear()
            try:
                sweep.move_due_timers(self._runtime.database)
                converse.drain()
                dispatch.drain()
            except SQLAlchemyError as error:
                log.warning("database unavailable", error=type(error).__name__)
