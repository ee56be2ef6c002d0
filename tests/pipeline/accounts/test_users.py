"""Users, their passwords and the links that invite them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from pipeline import accounts
from pipeline.database import Database
from pipeline.errors import ChangeRefused, NotFound
from pipeline.ids import new_id
from pipeline.records.accounts import users
from pipeline.records.accounts.audit import AuditEntry
from tests.builders import a_user, rows
from tests.stage import Clock

ADA = "ada@example.com"
RIGHT = "a few words of ada"


def accept(database: Database, token: str, email: str = "", password: str = RIGHT) -> str:
    return accounts.accept(database, token, email, password, agent="a browser")


def role_of(database: Database, email: str) -> str:
    with database.read() as connection:
        user = users.by_email(connection, email)
    return user.role if user else ""


def test_guest_becomes_a_user_and_is_signed_in(database: Database) -> None:
    token = accounts.invite(database, "Ada@Example.com", "operator", actor="tests")
    person = accounts.signed_in(database, accept(database, token))
    assert person
    assert (person.email, person.role) == (ADA, "operator")


def test_link_works_once(database: Database) -> None:
    token = accounts.invite(database, ADA, "viewer", actor="tests")
    accept(database, token)
    with pytest.raises(ChangeRefused, match="was used"):
        accept(database, token)


def test_link_works_for_one_of_two_at_once(database: Database) -> None:
    token = accounts.invite_first_admin(database)
    with ThreadPoolExecutor(2) as guests:
        tries = [guests.submit(accept, database, token, f"{n}@example.com") for n in range(2)]
    assert sorted(each.exception() is None for each in tries) == [False, True]


def test_link_holds_for_a_day(database_url: str) -> None:
    clock = Clock(datetime.now(UTC))
    database = Database(database_url, clock=clock)
    token = accounts.invite(database, ADA, "viewer", actor="tests")
    clock.pass_by(accounts.INVITED_FOR.total_seconds())
    with pytest.raises(ChangeRefused, match="has expired"):
        accounts.invitation(database, token)
    database.close()


def test_newer_link_ends_the_older(database: Database) -> None:
    older = accounts.invite(database, ADA, "viewer", actor="tests")
    accounts.invite(database, ADA, "viewer", actor="tests")
    with pytest.raises(ChangeRefused):
        accept(database, older)


def test_link_for_a_user_sets_the_password(database: Database) -> None:
    accounts.add_user(database, ADA, "operator", RIGHT, actor="tests")
    before = accounts.sign_in(database, ADA, RIGHT, address="", agent="")
    accept(
        database, accounts.invite(database, ADA, "admin", actor="tests"), password="other words!"
    )
    assert accounts.signed_in(database, before) is None
    assert accounts.sign_in(database, ADA, "other words!", address="", agent="")
    assert role_of(database, ADA) == "operator"


def test_first_admin_chooses_the_address(database: Database) -> None:
    accept(database, accounts.invite_first_admin(database), ADA)
    assert role_of(database, ADA) == "admin"
    assert accounts.invite_first_admin(database) == ""


def test_first_admins_link_takes_nobody_over(database: Database) -> None:
    a_user(database, "viewer", ADA)
    with pytest.raises(ChangeRefused, match="already"):
        accept(database, accounts.invite_first_admin(database), ADA)
    assert role_of(database, ADA) == "viewer"


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("short", "12 characters or more"),
        ("x" * 129, "128 characters or fewer"),
        ("Password1234", "too common"),
        ("AvrilLavigne", "too common"),
        ("aaaaaaaaaaaa", "too common"),
        ("ada@example.com", "too common"),
    ],
)
def test_weak_passwords_are_refused(database: Database, password: str, words: str) -> None:
    with pytest.raises(ChangeRefused, match=words):
        accounts.add_user(database, ADA, "viewer", password, actor="tests")


@pytest.mark.parametrize(
    "password", ["пароль из слов", "🔑🗝️🚪🏠 and more words", "  twelve  spaces  "]
)
def test_any_characters_make_a_password(database: Database, password: str) -> None:
    accounts.add_user(database, ADA, "viewer", password, actor="tests")
    assert accounts.sign_in(database, ADA, password, address="", agent="")


@pytest.mark.parametrize("email", ["", "ada", "a b@example.com", "@example.com", "\0@\0\n"])
def test_what_is_no_address_is_refused(database: Database, email: str) -> None:
    with pytest.raises(ChangeRefused, match="not an e-mail address"):
        accounts.invite(database, email, "viewer", actor="tests")


def test_only_admin_stays(database: Database) -> None:
    admin = a_user(database, "admin")
    for change in ({"role": "viewer"}, {"is_disabled": True}):
        with pytest.raises(ChangeRefused, match="last active admin"):
            accounts.change_user(database, admin.id, actor="tests", **change)
    a_user(database, "admin")
    accounts.change_user(database, admin.id, actor="tests", role="viewer")
    assert role_of(database, admin.email) == "viewer"


def test_two_admins_cannot_both_go(database: Database) -> None:
    admins = [a_user(database, "admin") for _ in range(2)]
    with ThreadPoolExecutor(2) as going:
        tries = [
            going.submit(accounts.change_user, database, admin.id, actor="tests", is_disabled=True)
            for admin in admins
        ]
    assert sorted(each.exception() is None for each in tries) == [False, True]


def test_new_password_needs_the_current_one(database: Database) -> None:
    user_id = accounts.add_user(database, ADA, "viewer", RIGHT, actor="tests")
    with pytest.raises(ChangeRefused, match="is wrong"):
        accounts.change_password(database, user_id, "wrong", "another few words", keep="")
    accounts.change_password(database, user_id, RIGHT, "another few words", keep="")
    assert accounts.sign_in(database, ADA, "another few words", address="", agent="")


def test_unknown_user_is_not_found(database: Database) -> None:
    with pytest.raises(NotFound):
        accounts.change_user(database, new_id(), actor="tests", role="viewer")


def test_everything_is_audited(database: Database) -> None:
    accept(database, accounts.invite(database, ADA, "viewer", actor="boss"))
    noted = [(row.actor, row.action, row.target) for row in rows(database, AuditEntry)]
    assert noted == [("boss", "invite", ADA), (ADA, "add_user", ADA), (ADA, "sign_in", ADA)]
