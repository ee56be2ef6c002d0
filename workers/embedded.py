"""The embedded broker: kombu's filesystem transport, mended so that no file can hurt a worker.

Its own `_put` creates the file under its final name before it writes it, and a reader that is
quicker gets an empty message, which ends a worker. So does a file that a full disk or a lost
machine left half-written, and a folder that somebody has cleared away. Every ring may be lost.
"""

import json
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from queue import Empty
from typing import Any

import structlog
from kombu.transport import filesystem

log = structlog.get_logger(__name__)


class Channel(filesystem.Channel):
    """A channel whose messages appear whole, and that outlives its folder."""

    def _put(self, queue: str, payload: Any, **_options: Any) -> None:  # type: ignore[override]  # kombu's own classes differ
        folder = Path(self.data_folder_out)
        folder.mkdir(parents=True, exist_ok=True)
        name = f"{time.time_ns():020}_{uuid.uuid4()}"
        unfinished = folder / f"{name}.unfinished"
        unfinished.write_text(json.dumps(payload), "utf-8")
        unfinished.rename(folder / f"{name}.{queue}.msg")

    def _get(self, queue: str, *args: Any, **options: Any) -> Any:
        take: Callable[..., Any] = super()._get  # kombu has no types
        while True:
            try:
                payload = take(queue, *args, **options)
            except FileNotFoundError:
                Path(self.data_folder_in).mkdir(parents=True, exist_ok=True)
                raise Empty from None
            except ValueError:
                payload = None
            if _is_whole(payload):
                return payload
            log.warning("a damaged ring is dropped", pool=queue)

    def _size(self, queue: str) -> int:
        try:
            return int(super()._size(queue))  # type: ignore[no-untyped-call]  # see above
        except FileNotFoundError:
            return 0

    def get_table(self, exchange: str) -> list[Any]:
        """Each of our queues is bound to the exchange of its name: no file needs to say so."""
        return [filesystem.exchange_queue_t(exchange, "", exchange)]

    def _queue_bind(self, *_args: Any) -> None:
        """See get_table."""


class Transport(filesystem.Transport):
    """`broker_transport` of the embedded broker."""

    Channel = Channel

    def drain_events(self, connection: Any, timeout: float | None = None, **options: Any) -> None:
        """Return soon when nothing comes, so that a worker that is told to end does."""
        drain: Callable[..., None] = super().drain_events  # kombu has no types
        drain(connection, timeout=min(timeout or 0.5, 0.5), **options)


def _is_whole(payload: Any) -> bool:
    """Whether kombu can make a message of it."""
    if not isinstance(payload, dict) or not isinstance(payload.get("headers"), dict):
        return False
    properties = payload.get("properties")
    if not isinstance(properties, dict) or not isinstance(properties.get("delivery_info"), dict):
        return False
    return "body" in payload and "delivery_tag" in properties
