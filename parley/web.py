"""`parley web`: the web processes of a production install, under granian. Next: web/app.py."""

import resource
from typing import Any

import click
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings

from pipeline import logs
from pipeline.botkit import load
from pipeline.errors import BotDefinitionError
from pipeline.settings import Settings
from web import port
from web.parent_watch import STOP_SECONDS

# A webhook waits for its commit and an API call for a query: threads that wait cost little. There
# are more than have work, as some may wait for bodies that come slowly (web/stalled.py).
_THREADS = 256
# Open connections of one process; more wait in the kernel's queue. Idle ones count, and whoever
# wants to keep others out opens many, so there is room for more than have work.
_CONNECTIONS = 2048
# Of a header: the server keeps so much for each connection that is slow to send one.
_HEADER_BYTES = 64 * 1024
_HEADER_MILLISECONDS = 10_000


@click.command(epilog="Example: HOST=0.0.0.0 PORT=8080 parley web --workers 4")
@click.option("--workers", default=2, show_default=True, help="How many processes answer.")
def web(workers: int) -> None:
    """Serve webhooks, API and pages at HOST and PORT until told to stop.

    Without a bot that can be loaded webhooks are taken all the same, and every page says why.
    """
    settings = Settings.load()
    try:
        load(settings.bot)
    except BotDefinitionError as error:
        click.echo(f"The bot cannot be loaded; messages are taken and wait: {error}", err=True)
    port.listen(settings.host, settings.port).close()
    logs.configure(settings.log_format)
    _allow_connections()
    # The class depends on the Python that runs it, so it is no type.
    server: Any = Granian("web.app:create_served_app", workers=workers, **_options(settings))
    server.serve()


def _options(settings: Settings) -> dict[str, Any]:
    return {
        "factory": True,
        "interface": Interfaces.WSGI,
        "address": settings.host,
        "port": settings.port,
        "blocking_threads": _THREADS,
        "backpressure": _CONNECTIONS,
        # While the server waits to learn the version of HTTP it has no time-out, and in version 2
        # none for what is idle. A proxy in front speaks 1.1.
        "http": HTTPModes.http1,
        "websockets": False,
        # A client that is slow to speak, or idle, must not hold a connection for ever.
        "http1_settings": HTTP1Settings(
            header_read_timeout=_HEADER_MILLISECONDS, max_buffer_size=_HEADER_BYTES
        ),
        "respawn_failed_workers": True,
        "workers_kill_timeout": STOP_SECONDS,
        "log_access": False,
    }


def _allow_connections() -> None:
    """Let this process and its children open as many files as the system allows them to."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if now < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
