"""`parley up`: web server, workers and clock in one process, for a laptop or a small install."""

import logging
import os
import signal
import threading
import time
from types import FrameType

import click
from rich.console import Console
from rich.panel import Panel

from parley.db import to_head
from pipeline import accounts, logs
from pipeline.runtime import Runtime, build
from pipeline.settings import Settings
from pipeline.wakeups import Notify
from web import port
from web.app import create_app
from web.server import ThreadServer
from workers.embedded import EmbeddedWorkers
from workers.hot_reload import HotReload
from workers.notifier import Notifier

_THREADS = 16
_CONNECTIONS = 500
_IDLE_SECONDS = 20
# The process ends within 3 s of Ctrl-C; the next start continues what was in progress.
_STOP_SECONDS = 2.8


@click.command(epilog="Example: PORT=8080 BOT=bots.template:bot parley up")
def up() -> None:
    """Run all of Parley in this process until Ctrl-C."""
    settings = Settings.load()
    logs.configure(settings.log_format)
    logging.getLogger("celery").setLevel(logging.WARNING)
    # Before anything else starts, so that a conflict is one line.
    port.listen(settings.host, settings.port).close()
    to_head(settings)
    runtime = build(settings, application="parley up")
    notify = Notifier(settings).notify
    server = ThreadServer(create_app(runtime, notify), settings)
    workers = EmbeddedWorkers(runtime)
    stopping = _stop_signal()
    workers.start()
    server.start()
    # For work left over from the last run, however it ended.
    _notify_all(notify)
    url = f"http://{settings.host}:{settings.port}"
    Console().print(_welcome(runtime, url, accounts.invite_first_admin(runtime.database)))
    HotReload(runtime, click.echo, notify).start(stopping)
    stopping.wait()
    click.echo("Stopping. Press Ctrl-C again to exit immediately.")
    _stop(workers, server, notify)
    runtime.database.close()


def _stop(workers: EmbeddedWorkers, server: ThreadServer, notify: Notify) -> None:
    deadline = time.monotonic() + _STOP_SECONDS
    workers.request_stop()
    server.request_stop()
    # A worker that waits for a wake-up checks whether to stop after it.
    _notify_all(notify)
    if not (workers.wait_for_stop(deadline) and server.wait_for_stop(deadline)):
        click.echo("A turn, send or request is still running; the next start continues it.")
        # Its thread would keep the interpreter alive.
        os._exit(0)


def _notify_all(notify: Notify) -> None:
    notify("converse")
    notify("dispatch")


def _stop_signal() -> threading.Event:
    """Return an event that the first Ctrl-C or SIGTERM sets; the second exits immediately."""
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
        "Write your own: copy bots/template.py to bots/mine.py and restart with",
        "[bold]BOT=bots.mine:bot[/]. Changes you save apply to the next message.",
        "",
        "Press Ctrl-C to stop.",
    ]
    return Panel("\n".join(lines), title="Parley is up", title_align="left", expand=False)


def _dashboard(url: str, invitation: str) -> list[str]:
    if not invitation:
        return [f"The dashboard is at [bold]{url}[/]."]
    return [
        "Create the first admin account of the dashboard with this link, which works once:",
        f"[bold]{url}/welcome/{invitation}[/]",
    ]


def _by_simulator(url: str) -> list[str]:
    return [
        "  on the Simulator page of the dashboard, or",
        "  with [bold]parley chat[/] in another terminal, or",
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
