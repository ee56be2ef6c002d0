"""The workers and the clock of `parley up`, as threads of one process that share a runtime."""

import threading
import time

from celery import Celery
from celery.beat import EmbeddedService
from celery.worker import WorkController, state

from pipeline.runtime import Runtime
from workers import broker, process
from workers.app import adopt, app

# Separate pools, so that a slow bot does not delay sending: name, queues, threads.
POOLS = (("converse", ["converse"], 4), ("dispatch", ["dispatch", "clock"], 3))


class EmbeddedWorkers:
    """All workers and the clock of one process. Start and stop it once."""

    def __init__(self, runtime: Runtime) -> None:
        adopt(runtime)
        # Registers the tasks with `app`; the workers' own apps below share them.
        app.loader.import_default_modules()
        app.finalize()
        self._workers = [
            WorkController(
                app=_worker_app(runtime, name),
                hostname=f"{name}@parley",
                queues=queues,
                pool_cls="threads",
                concurrency=threads,
                # kombu keeps the event loop in a global, so two workers would share one.
                use_eventloop=False,
                # Without an event loop, a worker at its prefetch limit polls again only after 2 s.
                # Prefetching cannot starve another worker: all of them run in this process.
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
        # Its own default keeps a file of past runs in the working directory.
        scheduler = app.conf.beat_scheduler
        self._clock = EmbeddedService(app, thread=True, scheduler_cls=scheduler)

    def start(self) -> None:
        """Start consuming wake-ups, and the clock's schedule."""
        for thread in self._threads:
            thread.start()
        self._clock.start()

    def request_stop(self) -> None:
        """Ask every thread to stop after its current turn or send."""
        process.stop()
        # Celery's flag for all workers of a process; each checks it between two messages.
        state.should_stop = 0
        self._clock.service.stop()

    def wait_for_stop(self, deadline: float) -> bool:
        """Whether every worker stopped before `deadline` on the monotonic clock."""
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)


def _worker_app(runtime: Runtime, name: str) -> Celery:
    """An app with the same tasks and settings: Celery keeps a worker's queues in its app."""
    worker_app = Celery(f"parley {name}", tasks=app.tasks, set_as_current=False)
    # Keeps the tasks bound to `app` instead of binding them again.
    worker_app.finalized = True
    worker_app.config_from_object("celeryconfig")
    worker_app.conf.update(broker.address(runtime.settings))
    return worker_app
