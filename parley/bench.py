"""`parley bench`: measure this machine with this bot, on its own servers."""

import json
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

import click

from pipeline.botkit import load
from pipeline.settings import Settings
from proving.faults.scenario import RABBITMQ, REDIS, SQLITE
from proving.faults.server import ServerMissing, folder_of
from proving.sizing import report, usage
from proving.sizing.capacity import assess
from proving.sizing.install import installed
from proving.sizing.load import CannotBench
from proving.sizing.phases import Request
from proving.sizing.run import run_bench

KINDS = {"redis": REDIS, "rabbitmq": RABBITMQ, "sqlite": SQLITE}


@click.command(
    "bench", epilog="Example: parley bench --bot bots.template:bot --text hi --text 2 --text Ada"
)
@click.option("--bot", help="Your bot, as module:attribute. Default: the setting BOT.")
@click.option("--text", "texts", multiple=True, help="What contacts say, in order. Default: hi.")
@click.option(
    "--on",
    type=click.Choice([*KINDS]),
    help="PostgreSQL with redis or rabbitmq, or sqlite. Default: the first one installed.",
)
@click.option("--seconds", type=click.FloatRange(1, 3600), default=15, show_default=True)
@click.option(
    "--rate",
    type=click.FloatRange(0.1, 1000),
    default=20,
    show_default=True,
    help="Messages a second while latency is measured, for --seconds.",
)
@click.option(
    "--messages",
    type=click.IntRange(20, 1_000_000),
    default=2000,
    show_default=True,
    help="Messages in the rush and in the backlog.",
)
@click.option(
    "--latency-ms",
    type=click.FloatRange(0, 10_000),
    default=80,
    show_default=True,
    help="Response time of the provider.",
)
@click.option("--set", "settings", multiple=True, help="A setting for its processes: NAME=VALUE.")
@click.option("--json", "is_json", is_flag=True, help="Print JSON to standard output.")
def bench(**options: Any) -> None:
    """Measure what this machine carries with your bot, and which process to add.

    Starts the processes of the Procfile with their own database, broker and provider, never yours,
    and takes about a minute. The database is in the folder for temporary files: set TMPDIR to a
    folder on the disk you want to measure.
    """
    kind = KINDS[options.pop("on") or _installed()]
    is_json = options.pop("is_json")
    settings = dict(_pair(setting) for setting in options.pop("settings"))
    _check(settings)
    options["bot"] = options["bot"] or Settings.load().bot
    request = Request(**options | {"texts": options["texts"] or ("hi",)})
    # Before anything starts, so that an error of the bot is one line.
    load(request.bot)
    if not usage.is_readable():
        raise CannotBench("parley bench reads CPU time from /proc, so it runs on Linux only.")
    _bench(kind, request, settings, is_json=is_json)


def _bench(kind: str, request: Request, settings: dict[str, str], *, is_json: bool) -> None:
    def tell(what: str) -> None:
        click.echo(f"  {what} …", err=True)

    # On SIGTERM, end everything that was started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    click.echo(f"Sizing {request.bot} on {kind}, {usage.cores()} cores.", err=True)
    tell("starting everything")
    try:
        with (
            tempfile.TemporaryDirectory(prefix="parley-bench-") as folder,
            installed(
                kind, Path(folder), request.bot, settings, request.latency_ms / 1000
            ) as install,
        ):
            measurement = run_bench(install, request, tell)
    except AssertionError as error:
        # The harness asserts that each server starts; the message has its last output.
        raise CannotBench(str(error)) from error
    capacity = assess(measurement)
    if is_json:
        click.echo(json.dumps(report.as_json(measurement, capacity), indent=2))
    else:
        click.echo(f"\n{report.as_text(measurement, capacity)}")


def _installed() -> str:
    """Return the first kind of installation that this machine has the servers for."""
    for name, binary, where in (
        ("redis", "redis-server", ""),
        ("rabbitmq", "rabbitmq-server", "/usr/lib/rabbitmq/bin"),
    ):
        try:
            folder_of("initdb", "/usr/lib/postgresql/*/bin")
            folder_of(binary, where)
        except ServerMissing:
            continue
        return name
    return "sqlite"


def _check(settings: dict[str, str]) -> None:
    """Raise SettingsError if a setting is invalid, before any process starts."""
    own = {name.lower(): value for name, value in settings.items()}
    known = Settings.complete().model_fields
    Settings.load(**{name: value for name, value in own.items() if name in known})


def _pair(setting: str) -> tuple[str, str]:
    name, equals, value = setting.partition("=")
    if not (name and equals):
        raise CannotBench(f"--set expects NAME=VALUE, for example API_KEY=abc; got {setting!r}.")
    return name.upper(), value
