"""The broker, third part: wake-ups lost, doubled, late, or unreadable."""

import json
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from celery import Celery

import celeryconfig
from pipeline.settings import Settings
from proving.faults.processes import eventually
from proving.faults.run import Run
from proving.faults.scenario import ON_POSTGRESQL, REDIS, SQLITE, Group
from proving.faults.scenarios.broker import answered_at_once, goes_on
from proving.faults.traffic import numbered
from workers import broker
from workers.notifier import TASKS

_PREFIX = celeryconfig.transport_options["redis"]["global_keyprefix"]
_QUEUES = [f"{_PREFIX}{queue}" for queue in (*TASKS, "clock")]
_SWEEPS = ("sweep.wake", "sweep.due_timers", "sweep.tidy")

scenario = Group("broker", [])


class Publisher:
    """A second client of a run's broker, which removes wake-ups and adds some."""

    def __init__(self, run: Run) -> None:
        place = run.stack.environment
        settings = Settings.model_construct(
            database_url=place["DATABASE_URL"], broker_url=place["BROKER_URL"]
        )
        self._app = Celery("wakeups", set_as_current=False)
        self._app.config_from_object("celeryconfig")
        self._app.conf.update(broker.address(settings))
        self._connection = self._app.connection_for_write()

    def take(self, queue: str) -> dict[str, Any] | None:
        """Remove a wake-up from a queue; returns its headers, or None."""
        message = self._connection.default_channel.basic_get(queue, no_ack=True)
        return message and dict(message.headers)

    def notify(self, task: str, queue: str, *args: object) -> None:
        """Send a wake-up for a task by its name."""
        with self._app.amqp.Producer(self._connection.default_channel) as producer:
            self._app.send_task(task, args, queue=queue, producer=producer, retry=False)

    def put(self, queue: str, body: bytes, content_type: str = "application/json") -> None:
        """Put a message of any kind into a queue."""
        with self._connection.Producer(auto_declare=False) as producer:
            producer.publish(
                body, routing_key=queue, content_type=content_type, content_encoding="utf-8"
            )

    def close(self) -> None:
        """Leave the broker."""
        self._connection.release()


@contextmanager
def _publisher(run: Run) -> Iterator[Publisher]:
    publisher = Publisher(run)
    try:
        yield publisher
    finally:
        publisher.close()


@scenario("F15 wake-ups lost, doubled and shuffled", is_quick=True, is_core=True)
def tangled(run: Run) -> None:
    """Half of the wake-ups are removed, the others come three times, late and in random order."""
    run.start()
    is_over = threading.Event()
    tangling = threading.Thread(target=_tangle, args=[run, is_over])
    tangling.start()
    try:
        run.traffic.send_all(numbered(run.fake_contacts(20), 8), every_seconds=0.2)
    finally:
        is_over.set()
        tangling.join()


def _tangle(run: Run, is_over: threading.Event) -> None:
    with _publisher(run) as publisher:
        while not is_over.wait(0.05):
            taken = [q for q in TASKS if publisher.take(q) and run.draw.random() < 0.5]
            # And some that nobody has sent, because the workers are quicker than we are.
            late = taken * 3 + [q for q in TASKS if run.draw.random() < 0.3] * 3
            run.draw.shuffle(late)
            for queue in late:
                publisher.notify(TASKS[queue], queue)
            run.record(f"removed {len(taken)} wake-ups, sent {len(late)}")


@scenario("F15 no wake-ups at all", kinds=ON_POSTGRESQL)
def without_wakeups(run: Run) -> None:
    """No wake-up of a web process arrives: the clock finds what came in.

    Its link is refused and the breaker waits 5 s; the clock looks every 2 s.
    """
    address = run.stack.environment["BROKER_URL"]
    proxied = run.proxy("BROKER_URL")
    run.stack.start("web")
    run.stack.environment["BROKER_URL"] = address
    run.stack.start("converse", "dispatch", "clock")
    # The first pull wakes converse, if it finds a message that is not yet in the inbox.
    eventually(run.has_pulled, 30)
    proxied.refuse()
    run.record("no wake-up leaves the web process")
    run.traffic.send_all(numbered(run.fake_contacts(20), 5), every_seconds=0.5)
    answered_at_once(run)
    goes_on(run)


@scenario("F16 unreadable wake-ups")
def odd(run: Run) -> None:
    """Tasks of another version, arguments that nobody takes, bodies that cannot be read."""
    run.start()
    with (
        _publisher(run) as publisher,
        run.traffic.meanwhile(numbered(run.fake_contacts(10), 8), every_seconds=0.5),
    ):
        for queue, task in (*TASKS.items(), *(("clock", name) for name in _SWEEPS)):
            publisher.notify("parley.of_yesterday", queue)
            publisher.notify(task, queue, "sms:+15550100", {"lane": "unknown"})
            publisher.put(queue, b"{half a")
            publisher.put(queue, b"\xff\xfe\x00", "application/x-python-serialize")
            publisher.put(queue, b"", "text/plain")
            publisher.put(queue, b"[]")
            publisher.put(queue, b"[" * 20_000)
            publisher.put(queue, json.dumps({"task": task}).encode())
            publisher.put(queue, b'{"task": "parley.of_yesterday"}')
            publisher.put(queue, b'{"args": [], "kwargs": null, "task": ["no", "name"]}')
            run.record(f"rang oddly at {queue}")
    goes_on(run)


# What kombu's Redis transport would write has "properties" with a delivery tag.
_STRANGE_ITEMS = (
    b"not JSON",
    b"\xff\xfe",
    b"",
    b"null",
    b"[]",
    b'"text"',
    b"{}",
    b"[" * 20_000,
    b'{"properties": []}',
    b'{"properties": {"delivery_tag": null}}',
    b'{"properties": {"delivery_tag": ["a", "list"]}, "body": "x"}',
    b'{"properties": {"delivery_tag": "1", "body_encoding": "unknown"}, "body": "x"}',
    b'{"properties": {"delivery_tag": "2", "body_encoding": "base64"}, "body": "x"}',
    b'{"properties": {"delivery_tag": "3"}, "headers": 5, "body": 7}',
)


@scenario("F16 strange items in redis", kinds=(REDIS,), is_quick=True)
def strange(run: Run) -> None:
    """Somebody else writes to the queues: what is not a message, then a value that is not a list.

    The same workers continue: no process ends.
    """
    processes = run.start()
    with run.servers.redis.client as client:
        with run.traffic.meanwhile(numbered(run.fake_contacts(10), 4), every_seconds=0.5):
            for queue in _QUEUES:
                for item in _STRANGE_ITEMS:
                    client.lpush(queue, item)
                run.record(f"wrote {len(_STRANGE_ITEMS)} strange items to {queue}")
        eventually(lambda: not any(map(client.llen, _QUEUES)), 30)
        for queue in _QUEUES:
            client.set(queue, "no list")
        run.record("replaced the queues by text")
        time.sleep(3)
        client.delete(*_QUEUES)
    goes_on(run)
    assert all(process.is_running for process in processes), "a process ended"


@scenario("F17 embedded broker damaged", kinds=(SQLITE,), is_quick=True)
def damaged(run: Run) -> None:
    """The folder of the embedded broker is emptied, littered with half-written files, removed."""
    run.start()
    folder = run.stack.folder / "broker"
    faults = (_empty, _litter, _remove, _litter, _empty, _remove)
    with run.traffic.meanwhile(numbered(run.fake_contacts(10), 10), every_seconds=0.5):
        for fault in faults:
            time.sleep(0.7)
            fault(folder)
            run.record(f"embedded broker: {fault.__name__}")
    goes_on(run)


def _empty(folder: Path) -> None:
    for path in folder.glob("*.*"):
        path.unlink(missing_ok=True)


def _remove(folder: Path) -> None:
    # Workers write into it meanwhile.
    shutil.rmtree(folder, ignore_errors=True)


def _litter(folder: Path) -> None:
    (folder / "control").mkdir(parents=True, exist_ok=True)
    for queue in ("converse", "dispatch", "clock"):
        for number, text in enumerate(("", "{", '{"body": "x"}', "[]", '{"properties": {}}')):
            (folder / f"0000000000000000000{number}_half.{queue}.msg").write_text(text)
    (folder / "control" / "converse.exchange").write_text("[[")
