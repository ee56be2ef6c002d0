"""`parley user`: invitations, passwords from stdin, and what is refused in one clear line."""

from pathlib import Path

import pytest

from pipeline import accounts
from pipeline.database import Database
from pipeline.errors import ChangeRefused
from pipeline.records.accounts import users
from tests.parley.commands import parley

PASSWORD = "seven green lamps in the hall"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where Parley is installed."""
    assert parley(tmp_path, "db", "upgrade").returncode == 0
    return tmp_path


@pytest.fixture
def database(folder: Path) -> Database:
    """The database in that folder."""
    return Database(f"sqlite:///{folder}/var/parley.db")


def test_invitation_is_a_link_that_makes_a_user_once(folder: Path, database: Database) -> None:
    done = parley(folder, "user", "add", "Ada@Example.com", "--role", "operator")
    base, token = done.stdout.strip().split("/welcome/")
    assert base == "http://127.0.0.1:8000"
    accounts.accept(database, token, "", PASSWORD, agent="a browser")
    with database.read() as connection:
        found = users.by_email(connection, "ada@example.com")
    assert found is not None
    assert found.role == "operator"
    with pytest.raises(ChangeRefused):
        accounts.accept(database, token, "", PASSWORD, agent="a browser")
    database.close()


def test_password_from_stdin_makes_a_user_at_once(folder: Path, database: Database) -> None:
    words = ("user", "add", "ada@example.com", "--role", "admin", "--password-stdin")
    assert parley(folder, *words, text=f"{PASSWORD}\n").stdout == "ada@example.com can sign in.\n"
    assert parley(folder, "user", "list").stdout == "ada@example.com  admin\n"
    database.close()


def test_disabled_users_are_marked(folder: Path) -> None:
    words = ("user", "add", "ada@example.com", "--role", "viewer", "--password-stdin")
    parley(folder, *words, text=f"{PASSWORD}\n")
    done = parley(folder, "user", "disable", "ADA@example.com")
    assert done.stdout == "ada@example.com can no longer sign in.\n"
    assert parley(folder, "user", "list").stdout == "ada@example.com  viewer  disabled\n"


@pytest.mark.parametrize(
    ("words", "text", "said"),
    [
        (("disable", "nobody@example.com"), "", "There is no user nobody@example.com"),
        (("add", "nobody", "--role", "viewer"), "", "e-mail address"),
        (("add", "a@example.com", "--role", "viewer", "--password-stdin"), "short\n", "12"),
        (("add", "a@example.com", "--role", "chief"), "", "'chief' is not one of"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    folder: Path, words: tuple[str, ...], text: str, said: str
) -> None:
    done = parley(folder, "user", *words, text=text)
    assert done.returncode != 0
    assert said in done.stderr
    assert "Traceback" not in done.stderr
