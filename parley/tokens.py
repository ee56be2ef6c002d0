"""`parley token`: bearer tokens for the API, printed once and stored only as a hash."""

import click

from pipeline.records.accounts import tokens
from pipeline.runtime import opened_database
from pipeline.settings import Settings


@click.group()
def token() -> None:
    """Manage API tokens."""


@token.command(epilog="Example: TOKEN=$(parley token add reports --role viewer)")
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice(tokens.ROLES),
    required=True,
    help="viewer: read; operator: also write to contacts and change states; admin: everything.",
)
def add(name: str, role: str) -> None:
    """Create a token called NAME. Prints only the token, once."""
    with (
        opened_database(Settings.load(), "parley token") as database,
        database.write() as connection,
    ):
        secret = tokens.add(connection, name, role, database.now(connection))
    click.echo(secret)
