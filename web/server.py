"""The web server: granian with limits for slow, idle and oversized requests.

`parley web` runs it as processes, `parley up` as threads of its own process.
"""

import resource
import time
from typing import Any

from apiflask import APIFlask
from granian import Granian
from granian.constants import HTTPModes, Interfaces, RuntimeModes
from granian.http import HTTP1Settings
from granian.server.mt import MTServer

from pipeline.settings import Settings
from web import slow_client_guard
from web.app import create_served_app
from web.parent_watch import STOP_SECONDS

# A webhook waits for its commit and an API call for a query: waiting threads cost little. There are
# more threads than work: some wait for bodies that arrive slowly (web/slow_client_guard.py).
_THREADS = 256
# Open connections of one process; further ones wait in the kernel's queue. Idle ones count, and an
# attacker opens many, so there is room for more than have work.
_CONNECTIONS = 2048
# The buffer for the headers of a connection that is slow to send them.
_HEADER_BYTES = 64 * 1024
_HEADER_MILLISECONDS = 10_000


class ThreadServer:
    """Serves from threads of this process. granian's class for that works with a GIL, too."""

    def __init__(self, app: APIFlask, settings: Settings) -> None:
        self._app = app
        self._port = settings.port
        # Its methods have no types. It would load its target in serve(), which start() replaces.
        self._server: Any = MTServer("web.app:app", log_enabled=False, **_options(settings))

    def start(self) -> None:
        """Bind the port and start the threads."""
        _allow_connections()
        # Not serve(): that handles the signals of the process, which has more to stop.
        self._server._init_shared_socket()  # noqa: SLF001 (see above)
        self._server._spawn_workers(self._server._spawn_wsgi_worker, self._app)  # noqa: SLF001 (see above)
        slow_client_guard.watch(self._port)

    def request_stop(self) -> None:
        """Stop accepting connections, and finish the requests in progress."""
        for worker in self._server.wrks:
            worker.terminate()

    def wait_for_stop(self, deadline: float) -> bool:
        """Whether every request ended before `deadline` on the monotonic clock."""
        for worker in self._server.wrks:
            worker.join(max(0.0, deadline - time.monotonic()))
        return not any(worker.inner.is_alive() for worker in self._server.wrks)


def serve_processes(settings: Settings, workers: int) -> None:
    """Serve from `workers` processes until SIGINT or SIGTERM."""
    _allow_connections()
    # The class depends on the Python that runs it, so it is not a type.
    server: Any = Granian(
        "web.app:create_served_app",
        workers=workers,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
        **_options(settings),
    )
    # Imported before the workers are forked: they start sooner, and share its memory.
    server.serve(target_loader=create_served_app, wrap_loader=False)


def _options(settings: Settings) -> dict[str, Any]:
    return {
        "interface": Interfaces.WSGI,
        "address": settings.host,
        "port": settings.port,
        "blocking_threads": _THREADS,
        "backpressure": _CONNECTIONS,
        # While the server detects the version of HTTP it has no time-out, and HTTP/2 has none for
        # idle connections. A proxy in front speaks 1.1.
        "http": HTTPModes.http1,
        "websockets": False,
        # A client that is slow to send its headers, or idle, must not hold a connection forever.
        "http1_settings": HTTP1Settings(
            header_read_timeout=_HEADER_MILLISECONDS, max_buffer_size=_HEADER_BYTES
        ),
        "runtime_mode": RuntimeModes.mt,
        "log_access": False,
    }


def _allow_connections() -> None:
    """Raise the limit of open files to what the system allows, for child processes too."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if now < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
