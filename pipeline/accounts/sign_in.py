"""Signing in and out. Each sign-in is a row, so that it can be ended from anywhere.

ASVS 5.0 6.3.1 (guessing is slowed down), 7.2 (tokens), 7.3 (time-outs), 7.4 (ending).
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from pipeline.accounts import passwords, secret
from pipeline.database import Database
from pipeline.errors import SignInRefused
from pipeline.messages import storable
from pipeline.records.accounts import audit, sign_ins, tokens, users

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=7)
_SEEN_EVERY = timedelta(minutes=5)
GUESSING_WITHIN = timedelta(minutes=15)
MOST_FAILURES_OF_A_PAIR = 5
MOST_FAILURES_OF_AN_ADDRESS = 20
# From any address; high, so that a few guesses by others do not lock a user out.
MOST_FAILURES_OF_AN_EMAIL = 50
_FAILED = "sign_in_failed"
_AGENT_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Person:
    """A signed-in user; `token_hash` identifies this browser's sign-in."""

    id: uuid.UUID
    email: str
    role: str
    token_hash: str

    def may(self, role: str) -> bool:
        """Whether the person's role includes `role`."""
        return tokens.ROLES.index(self.role) >= tokens.ROLES.index(role)


def sign_in(database: Database, email: str, password: str, *, address: str, agent: str) -> str:
    """Sign a user in and return the token of the sign-in.

    `address` is the public one that the request comes from; "" where it is not known.
    Raises SignInRefused, in the same words whether the user exists or not, and Overloaded.
    """
    email = storable(email).strip().casefold()[:320]
    # Before the attempt is written: a flood costs no writes, and counts for nobody.
    with passwords.room():
        return _sign_in(database, email, password, address, agent)


def _sign_in(database: Database, email: str, password: str, address: str, agent: str) -> str:
    attempt = _attempt(database, email, address)
    with database.read() as connection:
        now = database.now(connection)
        user = users.by_email(connection, email)
    # Outside any transaction: hashing is slow on purpose.
    is_right = passwords.matches(_hash_of(user), password)
    if user is None or not is_right:
        raise SignInRefused
    with database.write() as connection:
        audit.take_back(connection, attempt)
        return _begin(connection, user, password, agent, now)


def _hash_of(user: users.UserRow | None) -> str:
    return user.password_hash if user and not user.is_disabled else ""


def _attempt(database: Database, email: str, address: str) -> list[int]:
    """Log a failure before checking the password, and return its entries in the audit log.

    Committed first, each counts itself: of many at once, only as many as the limit continue.
    """
    details = {"address": address} if address else {}
    with database.write() as connection:
        now = database.now(connection)
        entries = [audit.append(connection, now, "", _FAILED, email, **details)] if email else []
        if address:
            entries.append(audit.append(connection, now, "", _FAILED, address))
    with database.read() as connection:
        if not _is_too_much(connection, email, address, now - GUESSING_WITHIN):
            return entries
    # A refused attempt guessed nothing, and does not extend the wait.
    with database.write() as connection:
        audit.take_back(connection, entries)
    minutes = GUESSING_WITHIN.seconds // 60
    raise SignInRefused(f"Too many failed sign-ins. Try again in {minutes} minutes.")


def _is_too_much(connection: Connection, email: str, address: str, since: datetime) -> bool:
    counted = partial(audit.count_since, connection, _FAILED, since=since)
    pair = {"address": address}
    return (
        # An unknown address would count for every client.
        (address != "" and counted(address) > MOST_FAILURES_OF_AN_ADDRESS)
        or (address != "" and counted(email, details=pair) > MOST_FAILURES_OF_A_PAIR)
        or (email != "" and counted(email) > MOST_FAILURES_OF_AN_EMAIL)
    )


def _begin(
    connection: Connection, user: users.UserRow, password: str, agent: str, now: datetime
) -> str:
    if passwords.is_outdated(user.password_hash):
        users.change(connection, user.id, password_hash=passwords.rehashed(password))
    return begin(connection, user.id, user.email, agent, now)


def begin(connection: Connection, user_id: uuid.UUID, email: str, agent: str, now: datetime) -> str:
    """Record a sign-in and return its token; the password is already checked."""
    token = secret.new()
    sign_ins.prune(connection, now)
    sign_ins.add(
        connection,
        token_hash=secret.hashed(token),
        user_id=user_id,
        agent=storable(agent)[:_AGENT_LENGTH],
        created_at=now,
        seen_at=now,
        expires_at=now + IDLE,
    )
    audit.append(connection, now, email, "sign_in", email)
    return token


def signed_in(database: Database, token: str, *, is_used: bool = True) -> Person | None:
    """Return the user of this token; None if the sign-in has ended.

    Without `is_used` the request is not an activity, and the idle time continues (ASVS 5.0 7.3.1).
    """
    token_hash = secret.hashed(token)
    with database.read() as connection:
        now = database.now(connection)
        found = sign_ins.find(connection, token_hash, now)
    if found is None:
        return None
    if is_used and now - found.seen_at > _SEEN_EVERY:
        with database.write() as connection:
            until = min(now + IDLE, found.created_at + LONGEST)
            sign_ins.seen(connection, token_hash, now, until)
    return Person(found.user_id, found.email, found.role, token_hash)


def sign_out(database: Database, person: Person) -> None:
    """End this sign-in."""
    with database.write() as connection:
        sign_ins.end(connection, person.token_hash)
        now = database.now(connection)
        audit.append(connection, now, person.email, "sign_out", person.email)


def sign_out_everywhere(
    database: Database, user_id: uuid.UUID, *, actor: str, keep: str = ""
) -> int:
    """End every sign-in of a user but `keep`; returns how many."""
    with database.write() as connection:
        now = database.now(connection)
        user = users.by_id(connection, user_id)
        ended = sign_ins.end_all(connection, user_id, keep)
        email = user.email if user else ""
        audit.append(connection, now, actor, "sign_out_everywhere", email, ended=ended)
    return ended
