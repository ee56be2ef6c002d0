"""What a worker process keeps between wake-ups: its runtime, notifier, drains and heartbeat."""

import os
import socket
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from mmap import mmap

import structlog
from sqlalchemy.exc import SQLAlchemyError

from pipeline.converse.drain import Converse
from pipeline.dispatch.drain import Dispatch
from pipeline.records.stats import workers
from pipeline.runtime import Runtime
from pipeline.wakeups import Notify

log = structlog.get_logger(__name__)

BEAT_SECONDS = 5.0
# Shared memory: the children of a prefork pool get no signal at a warm shutdown.
_stopping = mmap(-1, 1)


def stop() -> None:
    """Ask the drains of this worker and its children to finish and release their leases."""
    _stopping[0] = 1


def is_stopping() -> bool:
    """Whether this worker was asked to stop."""
    return bool(_stopping[0])


@dataclass(slots=True)
class Process:
    """The runtime of a worker process. Each thread of its pool has drains of its own."""

    runtime: Runtime
    notify: Notify
    overrun: Callable[[], None]
    _local: threading.local = field(default_factory=threading.local)

    def converse(self) -> Converse:
        """This thread's converse drain."""
        if not hasattr(self._local, "converse"):
            self._local.converse = Converse(
                self.runtime, self.notify, is_stopping=is_stopping, overrun=self.overrun
            )
        drain: Converse = self._local.converse
        return drain

    def dispatch(self) -> Dispatch:
        """This thread's dispatch drain."""
        if not hasattr(self._local, "dispatch"):
            self._local.dispatch = Dispatch(self.runtime, self.notify, is_stopping=is_stopping)
        drain: Dispatch = self._local.dispatch
        return drain

    def start_heartbeat(self, pools: Collection[str]) -> None:
        """Record in the database every BEAT_SECONDS that this process is alive."""
        threading.Thread(
            target=self._beat, args=(tuple(pools),), name="heartbeat", daemon=True
        ).start()

    def _beat(self, pools: Collection[str]) -> None:
        process = f"{socket.gethostname()}:{os.getpid()}"
        pause = threading.Event()
        database = self.runtime.database
        while not is_stopping():
            try:
                with database.write() as connection:
                    now = database.now(connection)
                    for pool in pools:
                        name, version = f"{pool}@{process}", self.runtime.bot.version
                        path = self.runtime.settings.bot
                        workers.beat(connection, name, pool, now, version, path)
            except SQLAlchemyError as error:
                log.warning("heartbeat failed", error=type(error).__name__)
            pause.wait(BEAT_SECONDS)
