"""What workers do, done by one thread of `parley chat`: turns, sends and due timers."""

import threading

import structlog
from sqlalchemy.exc import SQLAlchemyError

from pipeline import sweep
from pipeline.converse.drain import Converse
from pipeline.dispatch.drain import Dispatch
from pipeline.runtime import Runtime
from pipeline.wakeups import Pool

log = structlog.get_logger(__name__)

# Timers fall due without a ring.
_LOOK_SECONDS = 1.0


class Backstage:
    """Works whenever it is rung, and every second; `close` ends it."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._wake = threading.Event()
        self._is_closing = False
        self._thread = threading.Thread(target=self._loop, name="backstage", daemon=True)
        self._thread.start()

    def notify(self, _pool: Pool) -> None:
        """There is work."""
        self._wake.set()

    def close(self) -> None:
        """End after the turn in hand, which another process goes on with if it takes too long."""
        self._is_closing = True
        self._wake.set()
        self._thread.join(2.0)

    def _loop(self) -> None:
        converse = Converse(
            self._runtime, self.notify, is_stopping=lambda: self._is_closing, overrun=lambda: None
        )
        dispatch = Dispatch(self._runtime, self.notify, is_stopping=lambda: self._is_closing)
        while not self._is_closing:
            self._wake.wait(_LOOK_SECONDS)
            self._wake.clear()
            try:
                sweep.move_due_timers(self._runtime.database)
                converse.drain()
                dispatch.drain()
            except SQLAlchemyError as error:
                log.warning("the database did not answer", error=type(error).__name__)
