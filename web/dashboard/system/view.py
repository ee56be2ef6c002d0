"""System: services, queues, numbers, webhook URLs and settings; never a secret.

Problems and their fixes are in advice.py.
"""

import platform
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version

from flask import Response, request
from pydantic import SecretStr
from sqlalchemy import Connection

from pipeline.queries import system as queries
from pipeline.records import schema
from pipeline.settings import Settings
from web.dashboard.page import Page, needs, person
from web.dashboard.reader import ask
from web.dashboard.shell import show
from web.dashboard.system.advice import advice
from web.services import here

page = Page("system", "System")


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting as displayed; `is_default` if it was not set."""

    name: str
    value: str
    help: str
    is_default: bool


@page.get("/system")
@needs("viewer")
def index() -> Response:
    """The page."""
    runtime = here().runtime
    settings = runtime.settings
    found = ask(_overview)
    broker = here().broker.problem()
    return show(
        "system/page.html",
        found=found,
        revision=schema.head(),
        most=queries.MOST,
        broker=broker,
        broker_place=_broker_place(settings),
        advice=advice(runtime, found, broker),
        bot=(runtime.bot.name, runtime.bot.version, len(runtime.bot.states)),
        base=displayed(settings.public_url) or request.host_url.rstrip("/"),
        setup=runtime.provider.setup,
        versions=_versions(),
        settings=tuple(_settings(settings)) if person().may("admin") else (),
    )


def _overview(connection: Connection) -> queries.Overview:
    return queries.overview(connection, here().runtime.database.now(connection))


def _broker_place(settings: Settings) -> str:
    if settings.is_embedded:
        return f"embedded, in {settings.broker_folder}"
    return displayed(settings.broker_url)


@cache
def _versions() -> tuple[tuple[str, str], ...]:
    packages = [(name, version(name)) for name in ("Celery", "Flask", "SQLAlchemy")]
    return (("Parley", version("parley")), ("Python", platform.python_version()), *packages)


def _settings(settings: Settings) -> Iterator[Setting]:
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        help_text = field.description or ""
        yield Setting(name.upper(), displayed(value), help_text, value == field.default)


def displayed(value: object) -> str:
    """Format a setting without secrets: addresses lose user and parameters."""
    if isinstance(value, SecretStr):
        return "set (hidden)" if value.get_secret_value() else ""
    if isinstance(value, float):
        return f"{value:g}"
    scheme, is_address, rest = str(value).partition("://")
    if not is_address:
        return str(value)
    # From the last "@" on, because a password that was not quoted may hold any character.
    place = rest.rpartition("@")[2].partition("?")[0].partition("#")[0]
    return f"{scheme}://{place}"
