"""`parley user`: manage the users of the dashboard, like the page web/dashboard/users."""

import sys

import click

from pipeline import accounts
from pipeline.errors import ChangeRefused
from pipeline.records.accounts import tokens, users
from pipeline.runtime import opened_database
from pipeline.settings import Settings

_ACTOR = "parley user"


@click.group()
def user() -> None:
    """Manage the users of the dashboard."""


@user.command(epilog="Example: parley user add ada@example.com --role operator")
@click.argument("email")
@click.option(
    "--role",
    type=click.Choice(tokens.ROLES),
    required=True,
    help="viewer: read; operator: also write to contacts and change states; admin: everything.",
)
@click.option(
    "--password-stdin", is_flag=True, help="Read the password from stdin instead of a link."
)
def add(email: str, role: str, password_stdin: bool) -> None:
    """Invite EMAIL: print a link that works once, within 24 hours.

    For an existing user the link sets a new password and keeps the role.
    """
    settings = Settings.load()
    with opened_database(settings, _ACTOR) as database:
        if password_stdin:
            password = sys.stdin.readline().rstrip("\r\n")
            accounts.add_user(database, email, role, password, actor=_ACTOR)
            click.echo(f"{email} can sign in.")
            return
        token = accounts.invite(database, email, role, actor=_ACTOR)
    base = settings.public_url or f"http://{settings.host}:{settings.port}"
    click.echo(f"{base}/welcome/{token}")


@user.command("list", epilog="Example: parley user list")
def list_users() -> None:
    """Print every user and their role."""
    with opened_database(Settings.load(), _ACTOR) as database, database.read() as connection:
        for row in users.listing(connection):
            click.echo(f"{row.email}  {row.role}{'  disabled' if row.is_disabled else ''}")


@user.command(epilog="Example: parley user disable ada@example.com")
@click.argument("email")
def disable(email: str) -> None:
    """Disable EMAIL and sign them out everywhere."""
    with opened_database(Settings.load(), _ACTOR) as database:
        with database.read() as connection:
            found = users.by_email(connection, email.strip())
        if found is None:
            raise ChangeRefused(f"There is no user {email}. `parley user list` shows all users.")
        accounts.change_user(database, found.id, actor=_ACTOR, is_disabled=True)
    click.echo(f"{found.email} can no longer sign in.")
