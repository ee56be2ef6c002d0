"""`parley token add`: a bearer token for the API, printed once and kept only as a hash."""

import click

from pipeline.database import Database
from pipeline.records import schema
from pipeline.records.accounts import tokens
from pipeline.settings import Settings


@click.group()
def token() -> None:
    """Look after API tokens."""


@token.command(epilog="Example: TOKEN=$(parley token add reports --role viewer)")
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice(tokens.ROLES),
    required=True,
    help="viewer reads, operator also writes to contacts and sets states, admin may do all.",
)
def add(name: str, role: str) -> None:
    """Create a token called NAME and print only the token."""
    database = Database(Settings.load().database_url, application="parley token")
    try:
        with database.read() as connection:
            schema.check(connection)
        with database.write() as connection:
            secret = tokens.add(connection, name, role, database.now(connection))
    finally:
        database.close()
    click.echo(secret)
