"""The embedded broker: kombu's filesystem transport, mended so that no reader sees half a file.

Its own `_put` creates the file under its final name before it writes it, and a reader that is
quicker gets an empty message, which ends a worker.
"""

import json
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kombu.transport import filesystem


class Channel(filesystem.Channel):
    """A channel whose messages appear whole."""

    def _put(self, queue: str, payload: Any, **_options: Any) -> None:  # type: ignore[override]  # kombu's own classes differ
        folder = Path(self.data_folder_out)
        name = f"{time.time_ns():020}_{uuid.uuid4()}"
        unfinished = folder / f"{name}.unfinished"
        unfinished.write_text(json.dumps(payload), "utf-8")
        unfinished.rename(folder / f"{name}.{queue}.msg")


class Transport(filesystem.Transport):
    """`broker_transport` of the embedded broker."""

    Channel = Channel

    def drain_events(self, connection: Any, timeout: float | None = None, **options: Any) -> None:
        """Return soon when nothing comes, so that a worker that is told to end does."""
        drain: Callable[..., None] = super().drain_events  # kombu has no types
        drain(connection, timeout=min(timeout or 0.5, 0.5), **options)
