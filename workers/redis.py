"""The Redis broker: kombu's transport, mended so that a lost connection cannot wedge a worker.

When Redis is away at the moment a ring is acknowledged, kombu logs that and goes on counting the
ring as in hand. A worker that takes one ring at a time then never asks for another, and so never
notices that its connection is gone.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, redis, virtual


class QoS(redis.QoS):
    """Counts the rings in hand; one is done with even if Redis cannot be told."""

    def ack(self, delivery_tag: Any) -> None:
        """The ring was heard. Untold, Redis rings it again at worst."""
        with self._done_with(delivery_tag):
            super().ack(delivery_tag)  # type: ignore[no-untyped-call]  # kombu has no types

    def reject(self, delivery_tag: Any, requeue: bool = False) -> None:
        """The process that heard the ring died."""
        with self._done_with(delivery_tag):
            super().reject(delivery_tag, requeue)  # type: ignore[no-untyped-call]  # see above

    @contextmanager
    def _done_with(self, delivery_tag: Any) -> Iterator[None]:
        try:
            yield
        except self.channel.connection_errors:
            virtual.QoS.ack(self, delivery_tag)  # type: ignore[no-untyped-call]  # see above
            raise


class Channel(redis.Channel):
    """A channel that counts so."""

    QoS = QoS


class Transport(redis.Transport):
    """Stands in for kombu's own under every scheme that leads to it."""

    Channel = Channel


def install() -> None:
    """Make kombu use this transport; the schemes stay, for rediss:// means TLS to kombu."""
    for scheme in ("redis", "rediss"):
        TRANSPORT_ALIASES[scheme] = "workers.redis:Transport"
