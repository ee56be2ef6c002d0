"""`parley db upgrade`: bring the database to what this code needs. Runs before every release."""

import click

from pipeline.database import Database
from pipeline.records import schema, upgrading
from pipeline.settings import Settings

# Building an index over a large table may take its time.
_STATEMENT_SECONDS = 3600


@click.group()
def db() -> None:
    """Look after the database."""


@db.command(epilog="Example: DATABASE_URL=postgresql://localhost/parley parley db upgrade")
def upgrade() -> None:
    """Create or upgrade the tables; does nothing where they are up to date."""
    to_head(Settings.load())
    click.echo(f"The database is at revision {schema.head()}.")


def to_head(settings: Settings) -> None:
    """Run every migration that the database lacks."""
    database = Database(
        settings.database_url, application="parley db", statement_seconds=_STATEMENT_SECONDS
    )
    try:
        with database.write() as connection:
            upgrading.upgrade(connection)
    finally:
        database.close()
