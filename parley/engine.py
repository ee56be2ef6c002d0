"""The workers and the clock of `parley up`, as threads of one process on one runtime."""

import threading
import time

from celery import Celery
from celery.beat import EmbeddedService
from celery.worker import WorkController, state

from pipeline.runtime import Runtime
from workers import broker, process
from workers.app import adopt, app

# Pools that never wait for each other: a slow bot must not hold up what is to be sent.
POOLS = (("converse", ["converse"], 4), ("dispatch", ["dispatch", "clock"], 3))


class Engine:
    """Start it once, tell it to stop once."""

    def __init__(self, runtime: Runtime) -> None:
        adopt(runtime)
        # The task modules register themselves with the one app that the workers' own apps share.
        app.loader.import_default_modules()
        app.finalize()
        self._workers = [
            WorkController(
                app=_app_of_its_own(runtime, name),
                hostname=f"{name}@parley",
                queues=queues,
                pool_cls="threads",
                concurrency=threads,
                # Several event loops in one process would be one: kombu keeps it in a global.
                use_eventloop=False,
                # Without one, a worker that has taken its fill looks again only after 2 s. Rings
                # taken early keep nobody else waiting: all who could answer them are in here.
                prefetch_multiplier=4,
                without_gossip=True,
                without_mingle=True,
                without_heartbeat=True,
            )
            for name, queues, threads in POOLS
        ]
        self._threads = [
            threading.Thread(target=worker.start, name=worker.hostname, daemon=True)
            for worker in self._workers
        ]
        self._clock = EmbeddedService(app, thread=True)

    def start(self) -> None:
        """Begin to listen for rings, and to ring every few seconds."""
        for thread in self._threads:
            thread.start()
        self._clock.start()

    def tell_to_stop(self) -> None:
        """Ask every thread to end after the turn or the send in hand."""
        process.stop()
        # Celery's own word to every worker of this process, read between two messages.
        state.should_stop = 0
        self._clock.service.stop()

    def wait_for_stop(self, deadline: float) -> bool:
        """Whether every worker ended before `deadline` of the monotonic clock."""
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)


def _app_of_its_own(runtime: Runtime, name: str) -> Celery:
    """The same tasks and settings; which queues a worker reads is kept in its app."""
    own = Celery(f"parley {name}", tasks=app.tasks, set_as_current=False)
    own.finalized = True  # its tasks are: they stay the tasks of `app`
    own.config_from_object("celeryconfig")
    own.conf.update(broker.address(runtime.settings))
    return own
