"""How a worker hears a ring: one that it cannot read is dropped and logged, and harms nobody.

Celery drops most of them itself. But one that lacks, say, its id makes it raise, the connection is
taken for broken, and the broker hands the same ring out again: the worker hears no other.
"""

from collections.abc import Callable
from typing import Any

import structlog
from celery.worker import consumer

log = structlog.get_logger(__name__)


class Consumer(consumer.Consumer):
    """Celery's own, which survives what it cannot read (the setting `worker_consumer`)."""

    def create_task_handler(self, *args: Any, **options: Any) -> Callable[[Any], None]:
        """What Celery calls for each message."""
        hear: Callable[[Any], None] = super().create_task_handler(*args, **options)

        def heard(message: Any) -> None:
            try:
                hear(message)
            except (LookupError, TypeError, ValueError, AttributeError) as error:
                log.warning("a ring cannot be read, it is dropped", error=type(error).__name__)
                if not message.acknowledged:
                    message.reject_log_error(log, self.connection_errors)

        return heard
