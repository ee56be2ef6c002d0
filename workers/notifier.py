"""Sends wake-ups: tells a pool through the broker that the database holds work for it.

A wake-up is only a hint, so it may be lost: the clock sends another. A separate thread publishes
it, never the caller's. No more than one is pending per pool. After a failed publish a circuit
breaker pauses it. It expires late, because a worker compares the expiry with its own machine's
clock, and a worker whose clock is half a minute ahead must not drop every wake-up.
"""

import threading
import time
from typing import Any

import structlog
from celery import Celery
from kombu.exceptions import OperationalError

from pipeline.settings import Settings
from pipeline.wakeups import Pool
from workers import broker

log = structlog.get_logger(__name__)

TASKS: dict[Pool, str] = {"converse": "converse.turns", "dispatch": "dispatch.messages"}
GAP_SECONDS = 0.003
BREAK_SECONDS = 5.0
EXPIRES_SECONDS = 10_800.0
_CONFIRM_SECONDS = 3.0


class Notifier:
    """Sends the wake-ups of one process. `notify` returns immediately, whatever the broker does."""

    def __init__(self, settings: Settings) -> None:
        self._app = Celery("wakeups", set_as_current=False)
        self._app.config_from_object("celeryconfig")
        self._app.conf.update(broker.address(settings))
        self._wanted: set[Pool] = set()
        self._wake = threading.Condition()
        self._thread: threading.Thread | None = None
        self._connection: Any = None
        transport = self._app.connection_for_write().transport
        # What kombu raises when a broker is unreachable, silent or out of memory.
        self._errors: tuple[type[Exception], ...] = (
            OperationalError,
            OSError,
            *transport.connection_errors,
            *transport.channel_errors,
        )

    def notify(self, pool: Pool) -> None:
        """Request a wake-up; requests made before it is published share one."""
        with self._wake:
            self._wanted.add(pool)
            # Started lazily: threads do not survive the fork of a server or a worker.
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._loop, name="notifier", daemon=True)
                self._thread.start()
            self._wake.notify()

    def notify_now(self, pool: Pool) -> bool:
        """Publish a wake-up before returning, for a command that then ends; False if that fails.

        An unreachable broker costs a few seconds.
        """
        try:
            self._publish(pool)
        except self._errors:
            return False
        finally:
            self._drop_connection()
        return True

    def _loop(self) -> None:
        while True:
            with self._wake:
                while not self._wanted:
                    self._wake.wait()
                pools, self._wanted = self._wanted, set()
            try:
                for pool in sorted(pools):
                    self._publish(pool)
            except self._errors as error:
                log.warning("wake-up failed", error=type(error).__name__)
                self._drop_connection()
                time.sleep(BREAK_SECONDS)
            # Requests made meanwhile share one trailing wake-up.
            time.sleep(GAP_SECONDS)

    def _publish(self, pool: Pool) -> None:
        connection = self._connect()
        channel = connection.default_channel
        if _pending(channel, pool):
            return
        with self._app.amqp.Producer(channel) as producer:
            self._app.send_task(
                TASKS[pool],
                queue=pool,
                producer=producer,
                expires=EXPIRES_SECONDS,
                ignore_result=True,
                retry=False,
                confirm_timeout=_CONFIRM_SECONDS,
            )

    def _connect(self) -> Any:
        if self._connection is None:
            self._connection = self._app.connection_for_write()
            self._connection.ensure_connection(max_retries=1, timeout=_CONFIRM_SECONDS)
        return self._connection

    def _drop_connection(self) -> None:
        broken, self._connection = self._connection, None
        if broken:
            broken.collect(socket_timeout=0.5)


def _pending(channel: Any, queue: str) -> int:
    """How many wake-ups of the pool are unread; declares the queue if it is new."""
    return int(channel.queue_declare(queue=queue, durable=True, auto_delete=False).message_count)
