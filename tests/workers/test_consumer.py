"""What a worker does with a message that it cannot read: away with it, and on."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from celery.exceptions import InvalidTaskError

from workers.consumer import Consumer


class OneTask(Consumer):
    """Knows one task, whose messages fail to be read in a given way, and has no broker."""

    def __init__(self, error: Exception | None) -> None:
        self.strategies = {"converse.turns": self._read}
        self.connection_errors = (OSError,)
        self.on_task_message = ()
        self.call_soon_ack = print
        self._maximum_prefetch_restored = True
        self.heard = 0
        self._error = error

    def _read(self, *_: Any) -> None:
        self.heard += 1
        if self._error:
            raise self._error


@dataclass
class Delivered:
    """A message, as kombu hands it over."""

    headers: dict[str, Any]
    body: Any = None
    acknowledged: bool = False
    payload: dict[str, Any] = field(default_factory=dict)
    rejected: int = 0
    delivery_info: dict[str, Any] = field(default_factory=dict)
    content_type: str = "application/json"
    content_encoding: str = "utf-8"

    def ack_log_error(self, *_: Any) -> None:
        """Part of what Celery expects."""

    def decode(self) -> Any:
        """The body."""
        return self.body

    def reject_log_error(self, *_: Any) -> None:
        """Count what is thrown away."""
        self.rejected += 1


@pytest.mark.parametrize(
    "error", [KeyError("id"), TypeError("no dict"), AttributeError("get"), RecursionError()]
)
def test_what_cannot_be_read_is_dropped(error: Exception) -> None:
    worker, message = OneTask(error), Delivered({"task": "converse.turns"})
    worker.create_task_handler()(message)
    assert (worker.heard, message.rejected) == (1, 1)


def test_an_unknown_task_without_an_id_is_dropped() -> None:
    worker, message = OneTask(None), Delivered({}, body={"task": "of.yesterday"})
    worker.create_task_handler()(message)
    assert (worker.heard, message.rejected) == (0, 1)


def test_a_broker_that_is_gone_is_still_noticed() -> None:
    worker, message = OneTask(OSError("gone")), Delivered({"task": "converse.turns"})
    with pytest.raises(OSError, match="gone"):
        worker.create_task_handler()(message)
    assert message.rejected == 0


def test_celery_drops_the_others_itself() -> None:
    worker = OneTask(InvalidTaskError("no args"))
    message = Delivered({"task": "converse.turns"}, body=b"")
    worker.create_task_handler()(message)
    assert message.rejected == 1
