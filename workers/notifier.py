"""The ring: tell a pool through the broker that the database holds work for it.

A ring is only a hint, so it may be lost. It leaves from a thread of its own, never in the caller's
time; at most one is pending; after a failed publish a breaker pauses it, and the clock rings again.
It expires, but late: a worker tells that by its own machine's clock, and one that is half a minute
ahead of ours must not throw every ring away.
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
    """Rings for one process. `ring` returns at once, whatever state the broker is in."""

    def __init__(self, settings: Settings) -> None:
        self._app = Celery("wakeups", set_as_current=False)
        self._app.config_from_object("celeryconfig")
        self._app.conf.update(broker.address(settings))
        self._wanted: set[Pool] = set()
        self._wake = threading.Condition()
        self._thread: threading.Thread | None = None
        self._connection: Any = None
        transport = self._app.connection_for_write().transport
        # What kombu raises when a broker is away, silent or out of memory.
        self._errors: tuple[type[Exception], ...] = (
            OperationalError,
            OSError,
            *transport.connection_errors,
            *transport.channel_errors,
        )

    def notify(self, pool: Pool) -> None:
        """Ask for a ring; asked again before it left, it is the same one."""
        with self._wake:
            self._wanted.add(pool)
            # Lazily, because threads do not survive the fork of a server or a worker.
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._loop, name="notifier", daemon=True)
                self._thread.start()
            self._wake.notify()

    def notify_now(self, pool: Pool) -> bool:
        """Ring in the caller's time, for a command that ends after it; False if that fails.

        A broker that is away costs it a few seconds.
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
            # What is asked for meanwhile leaves as one trailing ring.
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
    """How many rings of the pool nobody has taken yet; declares the queue where it is new."""
    return int(channel.queue_declare(queue=queue, durable=True, auto_delete=False).message_count)
