"""The embedded broker: kombu's filesystem transport, safe against damaged and missing files.

kombu's own `_put` creates a file under its final name before writing it, so a quicker reader gets
an empty message, which ends a worker. Half-written files (a full disk, a power cut) and a deleted
folder do the same. A wake-up may be lost, so a damaged one is dropped.
What we would send upstream: docs/upstream/kombu-filesystem.md.
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

# A worker waits for messages in steps of this, so that it notices a request to stop.
_DRAIN_SECONDS = 0.5


class Channel(filesystem.Channel):
    """Publishes messages atomically, and survives the loss of its folder."""

    def _put(self, queue: str, payload: Any, **_options: Any) -> None:  # type: ignore[override]  # kombu's own classes differ
        folder = Path(self.data_folder_out)
        folder.mkdir(parents=True, exist_ok=True)
        name = f"{time.time_ns():020}_{uuid.uuid4()}"
        unfinished = folder / f"{name}.unfinished"
        unfinished.write_text(json.dumps(payload), "utf-8")
        unfinished.rename(folder / f"{name}.{queue}.msg")

    def _get(self, queue: str, *args: Any, **options: Any) -> Any:
        read: Callable[..., Any] = super()._get  # kombu has no types
        while True:
            try:
                payload = read(queue, *args, **options)
            except FileNotFoundError:
                Path(self.data_folder_in).mkdir(parents=True, exist_ok=True)
                raise Empty from None
            except ValueError:
                payload = None
            if _is_complete(payload):
                return payload
            log.warning("damaged wake-up dropped", pool=queue)

    def _size(self, queue: str) -> int:
        try:
            return int(super()._size(queue))  # type: ignore[no-untyped-call]  # see above
        except FileNotFoundError:
            return 0

    def get_table(self, exchange: str) -> list[Any]:
        """Bind each queue to the exchange of its name, without a file that says so."""
        return [filesystem.exchange_queue_t(exchange, "", exchange)]

    def _queue_bind(self, *_args: Any) -> None:
        """Write nothing; see get_table."""


class Transport(filesystem.Transport):
    """`broker_transport` of the embedded broker."""

    Channel = Channel

    def drain_events(self, connection: Any, timeout: float | None = None, **options: Any) -> None:
        """Wait for messages, but return soon, so that a worker notices a request to stop."""
        drain: Callable[..., None] = super().drain_events  # kombu has no types
        drain(connection, timeout=min(timeout or _DRAIN_SECONDS, _DRAIN_SECONDS), **options)


def _is_complete(payload: Any) -> bool:
    """Whether kombu can make a message of it."""
    if not isinstance(payload, dict) or not isinstance(payload.get("headers"), dict):
        return False
    properties = payload.get("properties")
    if not isinstance(properties, dict) or not isinstance(properties.get("delivery_info"), dict):
        return False
    return "body" in payload and "delivery_tag" in properties
