"""Invitations: links that work once, with which somebody becomes a user or sets a new password."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.records.base import Record, ShortText, columns, fetch_one


class Invitation(Record):
    """One link; only the SHA-256 of its token is kept. Where `email` is "" the guest gives it."""

    __tablename__ = "invitation"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    email: Mapped[str]
    role: Mapped[ShortText]
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class InvitationRow(NamedTuple):
    """An invitation as it is read."""

    token_hash: str
    email: str
    role: str
    created_by: str
    created_at: datetime
    expires_at: datetime


def add(connection: Connection, **values: Any) -> None:
    """Note an invitation."""
    connection.execute(insert(Invitation).values(**values))


def find(connection: Connection, token_hash: str, now: datetime) -> InvitationRow | None:
    """The invitation with this hash that has not expired."""
    query = select(*columns(Invitation, InvitationRow)).where(
        Invitation.token_hash == token_hash, Invitation.expires_at > now
    )
    return fetch_one(connection, query, InvitationRow._make)


def take(connection: Connection, token_hash: str, now: datetime) -> bool:
    """Use up an invitation; returns whether it was valid, which is true for one caller only."""
    taken = delete(Invitation).where(
        Invitation.token_hash == token_hash, Invitation.expires_at > now
    )
    return connection.execute(taken).rowcount == 1


def withdraw(connection: Connection, email: str) -> None:
    """Delete the invitations of an address ("": of the first admin)."""
    connection.execute(delete(Invitation).where(Invitation.email == email))


def prune(connection: Connection, now: datetime) -> None:
    """Delete expired invitations."""
    connection.execute(delete(Invitation).where(Invitation.expires_at <= now))
