"""`parley db upgrade`: migrate the database to the schema of this code, before each release."""

import click

from pipeline.database import Database
from pipeline.records import schema, upgrading
from pipeline.settings import Settings

# Building an index on a large table takes long.
_STATEMENT_SECONDS = 3600


@click.group()
def db() -> None:
    """Manage the database."""


@db.command(epilog="Example: DATABASE_URL=postgresql://localhost/parley parley db upgrade")
def upgrade() -> None:
    """Create or upgrade the tables. Does nothing if they are up to date."""
    to_head(Settings.load())
    click.echo(f"The database is at revision {schema.head()}.")


def to_head(settings: Settings) -> None:
    """Run all pending migrations."""
    database = Database(
        settings.database_url, application="parley db", statement_seconds=_STATEMENT_SECONDS
    )
    try:
        with database.write() as connection:
            upgrading.upgrade(connection)
    finally:
        database.close()
