"""What a command works with: the runtime, on a database that has its tables, closed at the end."""

from collections.abc import Iterator
from contextlib import contextmanager

from pipeline import logs
from pipeline.records import schema
from pipeline.runtime import Runtime, build
from pipeline.settings import Settings


@contextmanager
def opened(application: str, *, needs_bot: bool = True) -> Iterator[Runtime]:
    """Open what the settings name. Raises SettingsError, SchemaError or BotDefinitionError."""
    settings = Settings.load()
    # What is wrong with a bot is said on standard error: standard output may be a file.
    logs.configure(settings.log_format)
    runtime = build(settings, application=application, needs_bot=needs_bot)
    try:
        with runtime.database.read() as connection:
            schema.check(connection)
        yield runtime
    finally:
        runtime.database.close()
