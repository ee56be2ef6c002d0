"""A Celery consumer that drops a message it cannot read, and logs it.

Celery drops most of them itself. But a message without, say, an id raises in its strategy, the
connection counts as broken, and the broker delivers the same message again, forever.
What we would send upstream: docs/upstream/celery-unreadable-message.md.
"""

from collections.abc import Callable
from typing import Any

import structlog
from celery.worker import consumer

log = structlog.get_logger(__name__)


class Consumer(consumer.Consumer):
    """Celery's consumer, which survives unreadable messages (the setting `worker_consumer`)."""

    def create_task_handler(self, *args: Any, **options: Any) -> Callable[[Any], None]:
        """Return what Celery calls for each message."""
        handle: Callable[[Any], None] = super().create_task_handler(*args, **options)

        def handle_or_drop(message: Any) -> None:
            try:
                handle(message)
            except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
                log.warning("unreadable wake-up dropped", error=type(error).__name__)
                if not message.acknowledged:
                    message.reject_log_error(log, self.connection_errors)

        return handle_or_drop
