"""The Redis broker: kombu's transport, fixed for lost connections and for what others write.

If Redis is unreachable while a message is acknowledged, kombu logs the error and keeps counting
the message as unacknowledged. A worker with a prefetch of one then never polls again, so it never
notices that its connection is gone. What we would send upstream: docs/upstream/kombu-redis-ack.md.

An item of a queue that is not a message of kombu's ends the worker that reads it. What we would
send upstream: docs/upstream/kombu-redis-strange-items.md.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from kombu.transport import TRANSPORT_ALIASES, redis, virtual
from redis.exceptions import DataError

log = structlog.get_logger(__name__)
# What comes of reading an item that is not JSON, not an envelope, or has odd values in it.
_UNREADABLE = (ValueError, TypeError, AttributeError, LookupError, RecursionError, DataError)


class QoS(redis.QoS):
    """Counts unacknowledged messages; one counts as acknowledged even if Redis is unreachable."""

    def ack(self, delivery_tag: Any) -> None:
        """Acknowledge a message. At worst Redis delivers it again."""
        with self._settled_locally(delivery_tag):
            super().ack(delivery_tag)  # type: ignore[no-untyped-call]  # kombu has no types

    def reject(self, delivery_tag: Any, requeue: bool = False) -> None:
        """Reject a message, as when the process that handled it died."""
        with self._settled_locally(delivery_tag):
            super().reject(delivery_tag, requeue)  # type: ignore[no-untyped-call]  # see above

    @contextmanager
    def _settled_locally(self, delivery_tag: Any) -> Iterator[None]:
        try:
            yield
        except self.channel.connection_errors:
            virtual.QoS.ack(self, delivery_tag)  # type: ignore[no-untyped-call]  # see above
            raise


class Channel(redis.Channel):
    """A channel with that QoS, which drops items it cannot read."""

    QoS = QoS

    def _brpop_read(self, **options: Any) -> Any:
        try:
            return super()._brpop_read(**options)  # type: ignore[no-untyped-call]  # kombu has no types
        except _UNREADABLE as error:
            log.warning("unreadable wake-up dropped", error=type(error).__name__)
            return True  # as after a message: there may be more


class Transport(redis.Transport):
    """Replaces kombu's own transport for redis:// and rediss://."""

    Channel = Channel


def install() -> None:
    """Make kombu use this transport; the schemes stay, because rediss:// means TLS to kombu."""
    for scheme in ("redis", "rediss"):
        TRANSPORT_ALIASES[scheme] = "workers.redis:Transport"
