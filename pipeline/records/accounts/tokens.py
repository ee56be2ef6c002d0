"""API tokens: random, shown once, kept only as SHA-256 (they carry 256 bits, so no salt)."""

import hashlib
import secrets
import uuid
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.errors import ChangeRefused
from pipeline.ids import new_id
from pipeline.records.base import Record, ShortText, columns, fetch_one

ROLES = ("viewer", "operator", "admin")


class Token(Record):
    """A bearer token of the API. `role` decides what it may do."""

    __tablename__ = "token"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    role: Mapped[ShortText]
    secret_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]


class TokenRow(NamedTuple):
    """A token as it is read."""

    id: uuid.UUID
    name: str
    role: str
    secret_hash: str
    created_at: datetime


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def add(connection: Connection, name: str, role: str, now: datetime) -> str:
    """Create a token and return its secret, which cannot be read again."""
    if connection.execute(select(Token.id).where(Token.name == name)).one_or_none():
        raise ChangeRefused(f"There is a token named {name!r} already; choose another name.")
    secret = f"parley_{secrets.token_urlsafe(32)}"
    connection.execute(
        insert(Token).values(
            id=new_id(), name=name, role=role, secret_hash=_hash(secret), created_at=now
        )
    )
    return secret


def find(connection: Connection, secret: str) -> TokenRow | None:
    """The token with this secret."""
    query = select(*columns(Token, TokenRow)).where(Token.secret_hash == _hash(secret))
    return fetch_one(connection, query, TokenRow._make)
