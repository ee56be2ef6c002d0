"""`parley up`: web server, workers and clock in one process, for a laptop or a small install."""

import logging
import os
import signal
import socket
import threading
import time
from types import FrameType
from typing import Any

import click
from apiflask import APIFlask
from rich.console import Console
from rich.panel import Panel
from waitress.server import create_server

from parley.db import to_head
from pipeline import accounts, logs
from pipeline.runtime import Runtime, build
from pipeline.settings import Settings
from pipeline.wakeups import Notify
from web import port
from web.app import create_app
from workers.embedded import EmbeddedWorkers
from workers.hot_reload import HotReload
from workers.notifier import Notifier

_THREADS = 16
_CONNECTIONS = 500
_IDLE_SECONDS = 20
# Everything is down 3 s after Ctrl-C; what did not end by then is begun again at the next start.
_STOP_SECONDS = 2.8


@click.command(epilog="Example: PORT=8080 BOT=bots.template:bot parley up")
def up() -> None:
    """Run all of Parley in this process, until Ctrl-C."""
    settings = Settings.load()
    logs.configure(settings.log_format)
    logging.getLogger("celery").setLevel(logging.WARNING)
    listener = port.listen(settings.host, settings.port)
    to_head(settings)
    runtime = build(settings, application="parley up")
    notify = Notifier(settings).notify
    server = _server(create_app(runtime, notify), listener)
    workers = EmbeddedWorkers(runtime)
    stopping = _stop_signal()
    workers.start()
    threading.Thread(target=server.run, name="web", daemon=True).start()
    # For whatever was left behind when this stopped last time, however it stopped.
    _notify_all(notify)
    url = f"http://{settings.host}:{server.effective_port}"
    Console().print(_welcome(runtime, url, accounts.invite_first_admin(runtime.database)))
    HotReload(runtime, click.echo).start(stopping)
    stopping.wait()
    click.echo("Stopping; Ctrl-C again ends it at once.")
    _stop(workers, server, notify)
    runtime.database.close()


def _server(app: APIFlask, listener: socket.socket) -> Any:
    return create_server(
        app,
        sockets=[listener],
        threads=_THREADS,
        ident="parley",
        # Idle and slow ones count, and cost little: bodies are there before a thread is asked.
        connection_limit=_CONNECTIONS,
        channel_timeout=_IDLE_SECONDS,
        cleanup_interval=_IDLE_SECONDS // 2,
        asyncore_use_poll=True,
    )


def _stop(workers: EmbeddedWorkers, server: Any, notify: Notify) -> None:
    deadline = time.monotonic() + _STOP_SECONDS
    workers.request_stop()
    # A worker that waits for a ring reads the word to stop after it.
    _notify_all(notify)
    server.task_dispatcher.shutdown(cancel_pending=True, timeout=0.5)
    if not workers.wait_for_stop(deadline):
        click.echo("A turn or a send did not end; nothing is lost, the next start goes on with it.")
        # Its thread would keep the interpreter waiting.
        os._exit(0)


def _notify_all(notify: Notify) -> None:
    notify("converse")
    notify("dispatch")


def _stop_signal() -> threading.Event:
    """Set by the first Ctrl-C or SIGTERM; the second one ends the process at once."""
    stopping = threading.Event()

    def stop(number: int, _frame: FrameType | None) -> None:
        if stopping.is_set():
            os._exit(128 + number)
        stopping.set()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    return stopping


def _welcome(runtime: Runtime, url: str, invitation: str) -> Panel:
    settings = runtime.settings
    lines = [
        *_dashboard(url, invitation),
        "",
        f"The bot is [bold]{runtime.bot.name}[/] ({settings.bot}). Text it:",
        *(_by_provider(runtime) if settings.provider != "simulator" else _by_simulator(url)),
        "",
        "Write your own: copy bots/template.py to bots/mine.py and start again with",
        "[bold]BOT=bots.mine:bot[/]. From then on what you save is used by the next message.",
        "",
        "Ctrl-C stops everything.",
    ]
    return Panel("\n".join(lines), title="Parley is up", title_align="left", expand=False)


def _dashboard(url: str, invitation: str) -> list[str]:
    if not invitation:
        return [f"[bold]{url}[/] is the dashboard."]
    return [
        "Become the first admin of the dashboard with this link, which works once:",
        f"[bold]{url}/welcome/{invitation}[/]",
    ]


def _by_simulator(url: str) -> list[str]:
    return [
        "  the Simulator page of the dashboard, or",
        "  [bold]parley chat[/], in another terminal, or",
        f"  [bold]curl {url}/webhooks/simulator -d From=+15550142 -d Body=hi[/]",
    ]


def _by_provider(runtime: Runtime) -> list[str]:
    numbers = " or ".join(runtime.provider.our_numbers) or "one of your numbers"
    lines = [f"  write to [bold]{numbers}[/]"]
    if setup := runtime.provider.setup:
        base = runtime.settings.public_url
        lines += ["", setup.instruction]
        lines += [f"  {label:<23} [bold]{base}{path}[/]" for label, path in setup.urls]
    return lines
