"""The ring: never in the caller's time, at most one pending, and a breaker after a failure."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from kombu.connection import Connection

import celeryconfig
from pipeline.settings import Settings
from workers.notifier import BREAK_SECONDS, Notifier


class Queue:
    """A queue of the broker, as kombu sees it."""

    def __init__(self, channel: Any, name: str) -> None:
        self._channel = channel
        self._name = name

    def size(self) -> int:
        declared = self._channel.queue_declare(self._name, durable=True, auto_delete=False)
        return int(declared.message_count)

    def take(self) -> Any:
        return self._channel.basic_get(self._name, no_ack=True)


@pytest.fixture
def queue(broker: str) -> Iterator[Callable[[str], Queue]]:
    """A queue by its name."""
    options = celeryconfig.transport_options["redis"]
    connect: Any = Connection
    with connect(broker, transport_options=options) as connection:
        yield lambda name: Queue(connection.default_channel, name)


def settings(broker: str) -> Settings:
    return Settings.model_construct(broker_url=broker)


def wait_for(queue: Queue, size: int, seconds: float = 3) -> float:
    """How long it took until the queue had this size."""
    began = time.monotonic()
    while queue.size() != size:
        assert time.monotonic() - began < seconds, f"{queue.size()} rings, not {size}"
        time.sleep(0.005)
    return time.monotonic() - began


def test_ring_of_a_command_has_left_when_it_returns(
    broker: str, queue: Callable[[str], Queue]
) -> None:
    assert Notifier(settings(broker)).notify_now("dispatch")
    assert queue("dispatch").size() == 1
    assert not Notifier(settings("redis://127.0.0.1:1/0")).notify_now("dispatch")


def test_first_ring_leaves_at_once(broker: str, queue: Callable[[str], Queue]) -> None:
    Notifier(settings(broker)).notify("converse")
    assert wait_for(queue("converse"), 1) < 1
    message = queue("converse").take()
    assert message.headers["task"] == "converse.turns"
    # Late: a worker whose machine's clock is ahead would throw it away.
    assert message.headers["expires"] > (datetime.now(UTC) + timedelta(hours=2)).isoformat()
    assert message.payload[:2] == [[], {}]


def test_none_is_added_while_one_is_pending(broker: str, queue: Callable[[str], Queue]) -> None:
    notifier = Notifier(settings(broker))
    for _ in range(20):
        notifier.notify("converse")
        time.sleep(0.005)
    wait_for(queue("converse"), 1)
    notifier.notify("dispatch")
    wait_for(queue("dispatch"), 1)
    assert queue("converse").size() == 1


def test_ring_after_one_was_taken_leaves(broker: str, queue: Callable[[str], Queue]) -> None:
    notifier = Notifier(settings(broker))
    for _ in range(3):
        notifier.notify("converse")
        wait_for(queue("converse"), 1)
        queue("converse").take()
    assert queue("converse").size() == 0


def test_asking_in_a_burst_ends_with_a_trailing_ring(
    broker: str, queue: Callable[[str], Queue]
) -> None:
    notifier = Notifier(settings(broker))
    taken = 0
    for _ in range(20):
        notifier.notify("converse")
        if queue("converse").size():
            queue("converse").take()
            taken += 1
    notifier.notify("converse")
    wait_for(queue("converse"), 1)
    assert taken >= 1


def test_dead_broker_costs_the_caller_nothing() -> None:
    notifier = Notifier(settings(f"redis://127.0.0.1:{closed_port()}/0"))
    assert longest_call(notifier, 200) < 0.5
    time.sleep(0.2)
    assert longest_call(notifier, 200) < 0.5


def test_silent_broker_costs_the_caller_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        notifier = Notifier(settings(f"redis://127.0.0.1:{server.getsockname()[1]}/0"))
        assert longest_call(notifier, 200) < 0.5


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def longest_call(notifier: Notifier, times: int) -> float:
    longest = 0.0
    for _ in range(times):
        began = time.monotonic()
        notifier.notify("converse")
        longest = max(longest, time.monotonic() - began)
    return longest


def test_breaker_pauses_after_a_failed_publish() -> None:
    """Counts the connections that are tried: every one is shut at once."""
    tries: list[float] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def refuse() -> None:
            try:
                while True:
                    connection, _ = server.accept()
                    tries.append(time.monotonic())
                    connection.close()
            except OSError:
                return

        threading.Thread(target=refuse, daemon=True).start()
        notifier = Notifier(settings(f"redis://127.0.0.1:{server.getsockname()[1]}/0"))
        for _ in range(100):
            notifier.notify("converse")
            time.sleep(0.01)
        early = len(tries)
        server.shutdown(socket.SHUT_RDWR)
    assert 1 <= early <= 6
    assert BREAK_SECONDS == 5.0
