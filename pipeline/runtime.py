"""The settings, database, provider and bot that a process works with; entry points build them."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog

from pipeline import logs
from pipeline.botkit import Bot, load
from pipeline.database import Database
from pipeline.errors import BotDefinitionError
from pipeline.providers import registry
from pipeline.providers.base import Provider
from pipeline.records import schema
from pipeline.settings import Settings

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Editing:
    """Why the last edit of the bot's file is not in use, or ""; set by `parley up`."""

    error: str = ""


@dataclass(frozen=True, slots=True)
class Runtime:
    """Settings, the database, the provider and the bot.

    `bot_error` says why the bot cannot be loaded, where a process runs without it: the web process
    accepts webhooks and shows pages anyway. With `editing.error` the bot runs, as it
    was before the edit.
    """

    settings: Settings
    database: Database
    provider: Provider
    bot: Bot
    bot_error: str = ""
    editing: Editing = field(default_factory=Editing)


def tune_memory() -> None:
    """Collect cycles seldom, and never among what is imported by now.

    A batch or an answer makes many short-lived values and no cycles; a full collection took 50 ms
    of one page in ten.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def build(
    settings: Settings,
    *,
    application: str,
    statement_seconds: float = 15,
    is_worker: bool = False,
    needs_bot: bool = True,
) -> Runtime:
    """Open what the settings name. Raises SettingsError or BotDefinitionError."""
    bot, bot_error = _bot(settings.bot, needs_bot)
    return Runtime(
        settings=settings,
        database=Database(
            settings.database_url,
            application=application,
            statement_seconds=statement_seconds,
            is_worker=is_worker,
        ),
        provider=registry.create(settings.provider, settings),
        bot=bot,
        bot_error=bot_error,
    )


def _bot(path: str, needs_bot: bool) -> tuple[Bot, str]:
    try:
        bot = load(path)
        for problem in bot.check():
            log.warning("the bot looks wrong", problem=problem.text)
        return bot, ""
    except BotDefinitionError as error:
        if needs_bot:
            raise
        # One without states: nothing can be moved to a state that may not exist.
        return Bot(path, start=""), str(error)


@contextmanager
def opened(application: str, *, needs_bot: bool = True) -> Iterator[Runtime]:
    """Build a runtime for a command, check the schema, and close the database at the end.

    Raises SettingsError, SchemaError or BotDefinitionError.
    """
    settings = Settings.load()
    # Warnings about the bot go to standard error: standard output may be a file.
    logs.configure(settings.log_format)
    runtime = build(settings, application=application, needs_bot=needs_bot)
    try:
        with runtime.database.read() as connection:
            schema.check(connection)
        yield runtime
    finally:
        runtime.database.close()


@contextmanager
def opened_database(settings: Settings, application: str) -> Iterator[Database]:
    """Open the database that the settings name, and check its schema. Raises SchemaError."""
    database = Database(settings.database_url, application=application)
    try:
        with database.read() as connection:
            schema.check(connection)
        yield database
    finally:
        database.close()
