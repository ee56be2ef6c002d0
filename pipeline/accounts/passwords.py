"""Passwords: argon2id, twelve characters or more of any kind, and no common ones.

ASVS 5.0 6.2.1 (length), 6.2.4 (common ones), 6.2.5 (no rules of composition), 11.4.2 (argon2id),
15.2.2 (no more memory than there is).
"""

import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from pipeline.errors import ChangeRefused, Overloaded

SHORTEST = 12
LONGEST = 128
_LIST = Path(__file__).with_name("common_passwords.txt")
_hasher = PasswordHasher()
# A hash takes 64 MiB for about 50 ms. In each process; the others wait for their turn, but not in
# every thread of a web process.
AT_ONCE = 2
MOST_WAITING = 14
_room = threading.BoundedSemaphore(AT_ONCE + MOST_WAITING)
_hashing = threading.BoundedSemaphore(AT_ONCE)


def new_hash(password: str, email: str) -> str:
    """Hash a new password. Raises ChangeRefused with the reason it is refused."""
    password = _same(password)
    if len(password) < SHORTEST:
        raise ChangeRefused(f"Use {SHORTEST} characters or more, for example a few words.")
    if len(password) > LONGEST:
        raise ChangeRefused(f"Use {LONGEST} characters or fewer.")
    plain = password.casefold()
    name = email.casefold()
    if plain in _common() or plain in {name, name.partition("@")[0]} or len(set(plain)) < 4:
        raise ChangeRefused("This password is too common. Choose another.")
    with _hashing:
        return _hasher.hash(password)


def matches(password_hash: str, password: str) -> bool:
    """Check a password; it takes as long for a user without one."""
    with _hashing:
        try:
            is_right = _hasher.verify(password_hash or _nobody(), _same(password))
        except (VerificationError, InvalidHashError):
            return False
        return is_right and bool(password_hash)


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made with older parameters."""
    return _hasher.check_needs_rehash(password_hash)


def rehashed(password: str) -> str:
    """Hash a password that was just checked."""
    with _hashing:
        return _hasher.hash(_same(password))


@contextmanager
def room() -> Iterator[None]:
    """Wait for a password with few others at once; raises Overloaded where there are too many."""
    if not _room.acquire(blocking=False):
        raise Overloaded
    try:
        yield
    finally:
        _room.release()


def _same(password: str) -> str:
    # Keyboards compose characters differently; and argon2 is too slow for a megabyte.
    return unicodedata.normalize("NFC", password[: 4 * LONGEST])


@cache
def _common() -> frozenset[str]:
    """Common passwords of twelve characters or more, from the MIT-licensed lists of zxcvbn 4.5."""
    return frozenset(_LIST.read_text("utf-8").split())


@cache
def _nobody() -> str:
    # Made when first needed: at import it would cost every command 50 ms.
    return _hasher.hash("nobody has this password")
