"""Signing in: the right password only, not too often, and ended from anywhere at once."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from time import sleep

import pytest

from pipeline import accounts
from pipeline.accounts import passwords
from pipeline.accounts.sign_in import (
    GUESSING_WITHIN,
    MOST_FAILURES_OF_A_PAIR,
    MOST_FAILURES_OF_AN_ADDRESS,
    MOST_FAILURES_OF_AN_EMAIL,
)
from pipeline.database import Database
from pipeline.errors import SignInRefused
from pipeline.records.accounts.audit import AuditEntry
from pipeline.records.accounts.sign_ins import SignIn
from tests.builders import a_sign_in, a_user, rows
from tests.stage import Clock

ADA = "ada@example.com"
RIGHT = "a few words of ada"
HERE = "203.0.113.7"


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime.now(UTC))


@pytest.fixture
def house(database_url: str, clock: Clock) -> Iterator[Database]:
    """A database with the user ADA and a clock that a test sets."""
    database = Database(database_url, clock=clock)
    accounts.add_user(database, ADA, "operator", RIGHT, actor="tests")
    yield database
    database.close()


def enter(database: Database, email: str = ADA, password: str = RIGHT, address: str = "") -> str:
    return accounts.sign_in(database, email, password, address=address, agent="a browser")


def test_right_password_signs_in(house: Database) -> None:
    person = accounts.signed_in(house, enter(house))
    assert person
    assert (person.email, person.role) == (ADA, "operator")


def test_address_is_the_same_in_any_case(house: Database) -> None:
    assert accounts.signed_in(house, enter(house, " ADA@Example.com "))


def test_database_keeps_neither_token_nor_password(house: Database) -> None:
    token = enter(house)
    kept = repr(rows(house, SignIn)) + repr(rows(house, AuditEntry))
    assert token not in kept
    assert RIGHT not in kept


@pytest.mark.parametrize(
    ("email", "password"), [(ADA, "wrong"), ("nobody@example.com", RIGHT), (ADA, ""), ("\0", "\0")]
)
def test_refusals_sound_the_same(house: Database, email: str, password: str) -> None:
    with pytest.raises(SignInRefused) as refused:
        enter(house, email, password)
    assert str(refused.value) == str(SignInRefused())


def _guess(house: Database, times: int, email: str = ADA, address: str = "") -> None:
    for _ in range(times):
        with pytest.raises(SignInRefused, match="Wrong e-mail or password"):
            enter(house, email, "wrong", address)


@pytest.mark.parametrize("email", [ADA, "nobody@example.com"])
def test_guessing_is_slowed_down(house: Database, clock: Clock, email: str) -> None:
    _guess(house, MOST_FAILURES_OF_A_PAIR, email, HERE)
    for _ in range(2):
        with pytest.raises(SignInRefused, match="15 minutes"):
            enter(house, email, address=HERE)
    clock.pass_by(GUESSING_WITHIN.total_seconds() + 1)
    if email == ADA:
        assert enter(house, email, address=HERE)


def test_guesses_of_a_stranger_lock_nobody_out(house: Database) -> None:
    _guess(house, MOST_FAILURES_OF_A_PAIR, ADA, "203.0.113.8")
    assert enter(house, address=HERE)
    assert enter(house)


@pytest.mark.parametrize("address", ["", HERE])
def test_guesses_from_everywhere_are_slowed_down(
    house: Database, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    # Half of them from where nobody can tell.
    monkeypatch.setattr(passwords, "matches", lambda *_: False)
    for number in range(MOST_FAILURES_OF_AN_EMAIL):
        _guess(house, 1, ADA, f"203.0.113.{number + 20}" if number % 2 else "")
    with pytest.raises(SignInRefused, match="15 minutes"):
        enter(house, address=address)


def test_address_that_is_not_known_is_not_everybody(
    house: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(passwords, "matches", lambda *_: False)
        for number in range(MOST_FAILURES_OF_AN_EMAIL + 1):
            _guess(house, 1, f"user-{number}@example.com")
            _guess(house, 1, "")
    assert enter(house)
    assert not [entry for entry in rows(house, AuditEntry) if not entry.target]


def test_many_guesses_at_once_are_no_more(house: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def slow(_: str, password: str) -> bool:
        tried.append(password)
        sleep(0.2)
        return False

    def guess(number: int) -> None:
        with pytest.raises(SignInRefused):
            enter(house, password=f"guess {number}", address=HERE)

    monkeypatch.setattr(passwords, "matches", slow)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(guess, range(16)))
    assert len(tried) <= MOST_FAILURES_OF_A_PAIR


def test_right_password_is_no_failure(house: Database) -> None:
    for _ in range(MOST_FAILURES_OF_A_PAIR + 1):
        assert enter(house, address=HERE)
    assert {entry.action for entry in rows(house, AuditEntry)} == {"add_user", "sign_in"}


def test_one_address_cannot_try_everybody(house: Database) -> None:
    for number in range(MOST_FAILURES_OF_AN_ADDRESS):
        _guess(house, 1, f"user-{number}@example.com", HERE)
    with pytest.raises(SignInRefused, match="15 minutes"):
        enter(house, address=HERE)
    assert enter(house, address="203.0.113.8")


@pytest.mark.parametrize("hours", [13, 24 * 8])
def test_sign_in_ends_by_itself(house: Database, clock: Clock, hours: int) -> None:
    token = enter(house)
    clock.pass_by(timedelta(hours=hours).total_seconds())
    assert accounts.signed_in(house, token) is None


def test_who_stays_is_signed_in_for_a_week(house: Database, clock: Clock) -> None:
    token = enter(house)
    for _ in range(16):
        clock.pass_by(timedelta(hours=10).total_seconds())
        assert accounts.signed_in(house, token)
    clock.pass_by(timedelta(hours=10).total_seconds())
    assert accounts.signed_in(house, token) is None


def test_open_page_that_nobody_uses_idles_out(house: Database, clock: Clock) -> None:
    token = enter(house)
    for _ in range(11):
        clock.pass_by(timedelta(hours=1).total_seconds())
        assert accounts.signed_in(house, token, is_used=False)
    clock.pass_by(timedelta(hours=2).total_seconds())
    assert accounts.signed_in(house, token, is_used=False) is None


def _by_signing_out(house: Database, token: str) -> None:
    person = accounts.signed_in(house, token)
    assert person
    accounts.sign_out(house, person)


def _by_an_admin(house: Database, token: str) -> None:
    person = accounts.signed_in(house, token)
    assert person
    assert accounts.sign_out_everywhere(house, person.id, actor="tests") == 1


def _by_disabling(house: Database, token: str) -> None:
    person = accounts.signed_in(house, token)
    assert person
    accounts.change_user(house, person.id, actor="tests", is_disabled=True)


@pytest.mark.parametrize("end", [_by_signing_out, _by_an_admin, _by_disabling])
def test_ended_sign_in_is_nobody(house: Database, end: Callable[[Database, str], None]) -> None:
    token = enter(house)
    end(house, token)
    assert accounts.signed_in(house, token) is None


def test_signing_out_elsewhere_keeps_this_browser(house: Database) -> None:
    here, there = enter(house), enter(house)
    person = accounts.signed_in(house, here)
    assert person
    accounts.sign_out_everywhere(house, person.id, actor=ADA, keep=person.token_hash)
    assert accounts.signed_in(house, here)
    assert accounts.signed_in(house, there) is None


def test_roles_include_those_below(database: Database) -> None:
    person = accounts.signed_in(database, a_sign_in(database, a_user(database, "operator")))
    assert person
    assert [person.may(role) for role in ("viewer", "operator", "admin")] == [True, True, False]
