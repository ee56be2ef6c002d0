"""`parley doctor`: checks everything an installation needs and says how to fix what is wrong."""

import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

import click
from sqlalchemy.exc import SQLAlchemyError

from pipeline.botkit import load
from pipeline.database import Database
from pipeline.errors import ParleyError, SchemaError
from pipeline.providers import registry
from pipeline.queries import queues
from pipeline.records import schema
from pipeline.settings import Settings
from pipeline.unreachable import why_unreachable
from web import front_door
from web.broker import BrokerProbe

_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}
_POOLS = ("converse", "dispatch", "clock")


class Finding(NamedTuple):
    """One line of the report; the `text` of a warn or fail says how to fix it."""

    verdict: Literal["ok", "warn", "fail"]
    subject: str
    text: str


@click.command(epilog="Example: parley doctor")
def doctor() -> None:
    """Check settings, database, broker, workers, provider, public URL and bot.

    Start Parley first. This calls the provider for its account and numbers, and PUBLIC_URL/healthz,
    which must lead back to this installation. Exits with status 1 if a check fails; warnings do not
    fail.
    """
    has_failed = False
    for finding in findings():
        has_failed = has_failed or finding.verdict == "fail"
        verdict = click.style(f"{finding.verdict:<5}", fg=_COLOURS[finding.verdict])
        click.echo(f"{verdict} {finding.subject:<11} {finding.text}")
    if has_failed:
        sys.exit(1)


def findings() -> Iterator[Finding]:
    """Yield the findings of every check, in the order in which to fix them."""
    try:
        settings = Settings.load()
    except ParleyError as error:
        yield Finding("fail", "settings", str(error))
        return
    yield Finding("ok", "settings", "all settings are valid")
    checks: list[Callable[[Settings], Iterator[Finding]]] = [
        _database,
        _broker,
        _provider,
        _public_url,
        _bot,
    ]
    for check in checks:
        yield from check(settings)


def _database(settings: Settings) -> Iterator[Finding]:
    database = Database(settings.database_url, application="parley doctor", statement_seconds=5)
    kind = "SQLite" if database.is_sqlite else "PostgreSQL"
    try:
        with database.read() as connection:
            now = database.now(connection)
            yield Finding("ok", "database", f"{kind} answers")
            schema.check(connection)
            yield Finding("ok", "schema", f"at revision {schema.head()}")
            alive = queues.workers(connection, now)
    except SchemaError as error:
        yield Finding("fail", "schema", str(error))
    except SQLAlchemyError as error:
        yield Finding("fail", "database", f"{kind}: {why_unreachable(error)}")
    else:
        yield from _workers(alive)
    finally:
        database.close()


def _workers(alive: Mapping[str, int]) -> Iterator[Finding]:
    for pool in _POOLS:
        if alive[pool]:
            yield Finding("ok", "workers", f"{pool}: {alive[pool]} alive")
        else:
            text = f"{pool}: none seen for 15 s; start `parley up` or the Procfile's {pool} process"
            yield Finding("warn", "workers", text)


def _broker(settings: Settings) -> Iterator[Finding]:
    where = f"embedded, in {settings.broker_folder}" if settings.is_embedded else "answers"
    if problem := BrokerProbe(settings).problem():
        yield Finding("fail", "broker", f"{problem}; check BROKER_URL")
    else:
        yield Finding("ok", "broker", where)


def _provider(settings: Settings) -> Iterator[Finding]:
    problems = registry.create(settings.provider, settings).check()
    yield from (Finding("fail", "provider", problem) for problem in problems)
    if not problems:
        yield Finding("ok", "provider", settings.provider)


def _public_url(settings: Settings) -> Iterator[Finding]:
    url = settings.public_url
    if settings.provider == "simulator":
        yield Finding("ok", "public URL", "not needed with the simulator")
        return
    if urlsplit(url).scheme != "https":
        text = f"{url} is for tests only: providers require https://; set PUBLIC_URL"
        yield Finding("warn", "public URL", text)
    if problem := front_door.problem(url, settings.secret_key.get_secret_value()):
        yield Finding("fail", "public URL", f"{url}/healthz: {problem}")
    else:
        text = f"{url} leads here; webhooks go to {url}/webhooks/{settings.provider}"
        yield Finding("ok", "public URL", text)


def _bot(settings: Settings) -> Iterator[Finding]:
    try:
        bot = load(settings.bot)
    except ParleyError as error:
        yield Finding("fail", "bot", str(error))
        return
    for problem in bot.check():
        yield Finding("warn", "bot", problem.text)
    yield Finding("ok", "bot", f"{bot.name} ({settings.bot}), {len(bot.states)} states")
