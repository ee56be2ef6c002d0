"""`parley seed`: fill an empty database with sample conversations, to see it at scale."""

import time
from collections.abc import Callable

import click
from sqlalchemy import select

from pipeline.database import Database
from pipeline.errors import ParleyError
from pipeline.records import schema
from pipeline.records.core.contacts import Contact
from pipeline.records.stats import state_counts, tallies
from pipeline.settings import Settings
from proving.seeding import postgresql
from proving.seeding.plan import Plan

_STATEMENT_SECONDS = 3600


class CannotSeed(ParleyError):
    """This database cannot be seeded."""


@click.command(hidden=True, epilog="Example: parley seed --conversations 10000 --messages 100000")
@click.option("--conversations", type=click.IntRange(1, 100_000_000), required=True)
@click.option("--messages", type=click.IntRange(0, 1_000_000_000), required=True)
@click.option("--seed", default=1, show_default=True, help="The same seed produces the same data.")
def seed(conversations: int, messages: int, seed: int) -> None:
    """Fill an empty database with sample conversations."""
    database = Database(
        Settings.load().database_url,
        application="parley seed",
        statement_seconds=_STATEMENT_SECONDS,
    )
    try:
        fill(database, (conversations, messages), seed, click.echo)
    finally:
        database.close()


def fill(database: Database, size: tuple[int, int], seed: int, say: Callable[[str], None]) -> None:
    """Insert rows in one transaction. Raises CannotSeed on SQLite or a database with contacts."""
    started = time.monotonic()
    if database.is_sqlite:
        raise CannotSeed("Seeding needs PostgreSQL, which generates the rows. Set DATABASE_URL.")

    def tell(what: str) -> None:
        say(f"{time.monotonic() - started:7.1f} s  {what}")

    with database.write() as connection:
        schema.check(connection)
        if connection.execute(select(Contact.id).limit(1)).first():
            raise CannotSeed("This database already has contacts. Seed an empty one.")
        plan = Plan(*size, seed, database.now(connection))
        postgresql.fill(connection, plan, tell)
        tallies.add(connection, tallies.STATE, state_counts.count_open(connection))
        tallies.add(connection, tallies.CONTACTS, {"": plan.people})
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        postgresql.tidy(connection)
    tell("done")
