"""What a process works with, built once from the settings by each entry point."""

import gc
from dataclasses import dataclass, field

import structlog

from pipeline.botkit import Bot, load
from pipeline.database import Database
from pipeline.errors import BotDefinitionError
from pipeline.providers import registry
from pipeline.providers.base import Provider
from pipeline.settings import Settings

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Editing:
    """Why the last edit of the bot's file is not in use, "" when it is; `parley up` keeps it."""

    error: str = ""


@dataclass(frozen=True, slots=True)
class Runtime:
    """Settings, the database, the provider and the bot.

    `bot_error` says why the bot cannot be loaded, where a process runs without it: the web process
    takes webhooks and shows what there is all the same. With `editing.error` the bot runs, as it
    was before the edit.
    """

    settings: Settings
    database: Database
    provider: Provider
    bot: Bot
    bot_error: str = ""
    editing: Editing = field(default_factory=Editing)


def tune_memory() -> None:
    """Look for cycles seldom, and never through what was imported; once all of that is there.

    A batch or an answer makes many short-lived values and no cycles: looking through everything
    took 50 ms of one page in ten.
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
