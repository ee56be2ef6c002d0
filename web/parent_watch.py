"""Stops a web worker process whose parent has ended.

`parley web` ends its workers when it stops. After a `kill -9` it cannot, and they would keep
serving an old version at the port that the next start needs.
"""

import multiprocessing
import os
import signal
import threading
import time

import structlog

log = structlog.get_logger(__name__)

# How long a worker that stops may take for the requests that it has.
STOP_SECONDS = 8
_LOOK_EVERY_SECONDS = 0.5


def start() -> None:
    """Watch from now on; when the parent has ended, stop as on SIGTERM."""
    if parent := multiprocessing.parent_process():
        threading.Thread(
            target=_watch, args=(parent.pid,), name="parent-watch", daemon=True
        ).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_EVERY_SECONDS)
    log.warning("stopping: the parent process has ended")
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_SECONDS)
    os._exit(1)
