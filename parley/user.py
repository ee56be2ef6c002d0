"""`parley user`: who may use the dashboard. The page for it is web/dashboard/users."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from pipeline import accounts
from pipeline.database import Database
from pipeline.errors import ChangeRefused
from pipeline.records import schema
from pipeline.records.accounts import tokens, users
from pipeline.settings import Settings

_ACTOR = "parley user"


@click.group()
def user() -> None:
    """Look after the users of the dashboard."""


@user.command(epilog="Example: parley user add ada@example.com --role operator")
@click.argument("email")
@click.option(
    "--role",
    type=click.Choice(tokens.ROLES),
    required=True,
    help="viewer reads, operator also writes to contacts and sets states, admin may do all.",
)
@click.option(
    "--password-stdin", is_flag=True, help="Read the password from stdin instead of a link."
)
def add(email: str, role: str, password_stdin: bool) -> None:
    """Invite EMAIL: print a link that works once, for 24 hours.

    For somebody who is a user already it sets a new password; the role stays.
    """
    settings = Settings.load()
    with _database(settings) as database:
        if password_stdin:
            password = sys.stdin.readline().rstrip("\r\n")
            accounts.add_user(database, email, role, password, actor=_ACTOR)
            click.echo(f"{email} may sign in.")
            return
        token = accounts.invite(database, email, role, actor=_ACTOR)
    base = settings.public_url or f"http://{settings.host}:{settings.port}"
    click.echo(f"{base}/welcome/{token}")


@user.command("list", epilog="Example: parley user list")
def list_users() -> None:
    """Print every user with the role."""
    with _database(Settings.load()) as database, database.read() as connection:
        for row in users.listing(connection):
            click.echo(f"{row.email}  {row.role}{'  disabled' if row.is_disabled else ''}")


@user.command(epilog="Example: parley user disable ada@example.com")
@click.argument("email")
def disable(email: str) -> None:
    """Take the access of EMAIL away and sign them out everywhere."""
    with _database(Settings.load()) as database:
        with database.read() as connection:
            found = users.by_email(connection, email.strip())
        if found is None:
            raise ChangeRefused(f"There is no user {email}; `parley user list` names them.")
        accounts.change_user(database, found.id, actor=_ACTOR, is_disabled=True)
    click.echo(f"{found.email} may not sign in any more.")


@contextmanager
def _database(settings: Settings) -> Iterator[Database]:
    database = Database(settings.database_url, application="parley user")
    try:
        with database.read() as connection:
            schema.check(connection)
        yield database
    finally:
        database.close()
