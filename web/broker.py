"""Whether the broker answers, for health pages only: wake-ups do not wait for it."""

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from pathlib import Path
from typing import Any

from kombu.connection import Connection
from kombu.exceptions import OperationalError

from pipeline.settings import Settings

# Kombu's own signature has no types.
_connection: Callable[..., Any] = Connection
_TIMEOUTS = {"socket_connect_timeout": 1, "socket_timeout": 1, "max_retries": 0}


class BrokerProbe:
    """Asks at most every 5 s, and makes nobody wait longer than 1 s."""

    PATIENCE_SECONDS = 1.0
    REMEMBER_SECONDS = 5.0

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._problem: Future[str] | None = None
        self._asked_at = 0.0

    def problem(self) -> str:
        """What is wrong with the broker, in a few words; "" when it answers."""
        with self._lock:
            is_old = time.monotonic() - self._asked_at > self.REMEMBER_SECONDS
            # A question that is still open is not asked again, so that threads cannot pile up.
            if self._problem is None or (is_old and self._problem.done()):
                self._problem = Future()
                self._asked_at = time.monotonic()
                threading.Thread(target=self._ask, args=[self._problem], daemon=True).start()
            asked = self._problem
        try:
            return asked.result(self.PATIENCE_SECONDS)
        except FutureTimeoutError:
            return "no answer in 1 s"

    def _ask(self, problem: "Future[str]") -> None:
        try:
            problem.set_result(self._look())
        except (OSError, OperationalError) as error:
            problem.set_result(f"unreachable ({type(error).__name__})")

    def _look(self) -> str:
        if self._settings.is_embedded:
            return _folder_problem(self._settings.broker_folder)
        # Kombu wraps what its transports raise into OperationalError when it ensures a connection.
        with _connection(
            self._settings.broker_url, connect_timeout=1, transport_options=_TIMEOUTS
        ) as connection:
            connection.ensure_connection(max_retries=1, timeout=self.PATIENCE_SECONDS)
        return ""


def _folder_problem(folder: Path) -> str:
    """The embedded broker makes its folder at the first wake-up; until then its parent counts."""
    nearest = next((path for path in (folder, *folder.parents) if path.exists()), folder)
    return "" if os.access(nearest, os.W_OK) else f"{nearest} is not writable"
