"""Sign-ins: the sessions of the dashboard, kept on the server so that they can be ended there."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, ForeignKey, delete, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.records.accounts.users import User
from pipeline.records.base import Record, columns, fetch, fetch_one


class SignIn(Record):
    """One signed-in browser; the cookie holds the token, this row only its SHA-256. `agent` is
    what the browser calls itself.
    """

    __tablename__ = "sign_in"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    agent: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class SignInRow(NamedTuple):
    """A signed-in browser as it is read."""

    token_hash: str
    agent: str
    created_at: datetime
    seen_at: datetime


class SignedIn(NamedTuple):
    """A sign-in with its user."""

    user_id: uuid.UUID
    email: str
    role: str
    created_at: datetime
    seen_at: datetime


def add(connection: Connection, **values: Any) -> None:
    """Note a sign-in."""
    connection.execute(insert(SignIn).values(**values))


def find(connection: Connection, token_hash: str, now: datetime) -> SignedIn | None:
    """The sign-in with this hash that has not expired."""
    query = (
        select(SignIn.user_id, User.email, User.role, SignIn.created_at, SignIn.seen_at)
        .join(User, User.id == SignIn.user_id)
        .where(SignIn.token_hash == token_hash, SignIn.expires_at > now)
        .where(User.is_disabled.is_(False))
    )
    return fetch_one(connection, query, SignedIn._make)


def of_user(connection: Connection, user_id: uuid.UUID, now: datetime) -> Sequence[SignInRow]:
    """A user's signed-in browsers, the last seen first."""
    query = (
        select(*columns(SignIn, SignInRow))
        .where(SignIn.user_id == user_id, SignIn.expires_at > now)
        .order_by(SignIn.seen_at.desc(), SignIn.token_hash)
    )
    return fetch(connection, query, SignInRow._make)


def seen(connection: Connection, token_hash: str, now: datetime, expires_at: datetime) -> None:
    """Note that the browser is still there."""
    connection.execute(
        update(SignIn)
        .where(SignIn.token_hash == token_hash)
        .values(seen_at=now, expires_at=expires_at)
    )


def end(connection: Connection, token_hash: str) -> None:
    """End one sign-in."""
    connection.execute(delete(SignIn).where(SignIn.token_hash == token_hash))


def end_all(connection: Connection, user_id: uuid.UUID, keep: str = "") -> int:
    """End every sign-in of a user but the one with the hash `keep`; returns how many."""
    gone = delete(SignIn).where(SignIn.user_id == user_id, SignIn.token_hash != keep)
    return connection.execute(gone).rowcount


def prune(connection: Connection, now: datetime) -> None:
    """Delete those that have expired."""
    connection.execute(delete(SignIn).where(SignIn.expires_at <= now))
