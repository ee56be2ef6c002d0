"""Many sign-ins at once: memory stays bounded, and nobody is locked out by it."""

from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore, Lock
from time import sleep

import pytest

from pipeline import accounts
from pipeline.accounts import passwords
from pipeline.accounts.sign_in import MOST_FAILURES_OF_AN_EMAIL
from pipeline.database import Database
from pipeline.errors import Overloaded
from pipeline.records.accounts.audit import AuditEntry
from tests.builders import rows

ADA = "ada@example.com"
RIGHT = "a few words of ada"
HERE = "203.0.113.7"


class Hasher:
    """Counts how many hashes run at once; each takes a moment."""

    def __init__(self) -> None:
        self.running = self.most = 0
        self._lock = Lock()

    def verify(self, *_: str) -> bool:
        with self._lock:
            self.running += 1
            self.most = max(self.most, self.running)
        sleep(0.05)
        with self._lock:
            self.running -= 1
        return True

    def check_needs_rehash(self, _: str) -> bool:
        return False


@pytest.fixture(autouse=True)
def _ada(database: Database) -> None:
    accounts.add_user(database, ADA, "operator", RIGHT, actor="tests")


def test_a_flood_of_sign_ins_hashes_few_passwords_at_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each hash takes 64 MiB: 200 at once would take 12 GiB."""
    hasher = Hasher()
    monkeypatch.setattr(passwords, "_hasher", hasher)

    def attempt(number: int) -> str:
        try:
            with passwords.room():
                passwords.matches("hash", f"password {number}")
        except Overloaded:
            return "overloaded"
        return "checked"

    with ThreadPoolExecutor(200) as threads:
        outcomes = list(threads.map(attempt, range(200)))
    assert hasher.most <= passwords.AT_ONCE
    assert outcomes.count("checked") >= passwords.AT_ONCE + passwords.MOST_WAITING
    assert "overloaded" in outcomes
    # Afterwards there is room again, and the right password is accepted.
    assert accounts.sign_in(database, ADA, RIGHT, address=HERE, agent="")


def test_a_sign_in_without_room_is_no_failed_one(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "_room", BoundedSemaphore(1))
    with passwords.room():
        for _ in range(MOST_FAILURES_OF_AN_EMAIL + 1):
            with pytest.raises(Overloaded):
                accounts.sign_in(database, ADA, RIGHT, address=HERE, agent="")
    assert [
        row.action for row in rows(database, AuditEntry) if row.action == "sign_in_failed"
    ] == []
    assert accounts.sign_in(database, ADA, RIGHT, address=HERE, agent="")
