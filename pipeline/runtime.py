"""What a process works with, built once from the settings by each entry point."""

from dataclasses import dataclass

from pipeline.botkit import Bot, load
from pipeline.database import Database
from pipeline.providers import registry
from pipeline.providers.base import Provider
from pipeline.settings import Settings


@dataclass(frozen=True, slots=True)
class Runtime:
    """Settings, the database and the provider; the bot where turns are taken."""

    settings: Settings
    database: Database
    provider: Provider
    bot: Bot


def build(
    settings: Settings, *, application: str, statement_seconds: float = 15, is_worker: bool = False
) -> Runtime:
    """Open what the settings name. Raises SettingsError or BotDefinitionError."""
    return Runtime(
        settings=settings,
        database=Database(
            settings.database_url,
            application=application,
            statement_seconds=statement_seconds,
            is_worker=is_worker,
        ),
        provider=registry.create(settings.provider, settings),
        bot=load(settings.bot),
    )
