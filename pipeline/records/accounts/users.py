"""Users of the dashboard."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.ids import new_id
from pipeline.records.base import Record, ShortText, columns, fetch_one


class User(Record):
    """An operator. `role` is viewer, operator or admin; `password_hash` is argon2id.

    `email` is kept case-folded, so that one address is one user.
    """

    __tablename__ = "user_account"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    role: Mapped[ShortText]
    password_hash: Mapped[str]
    is_disabled: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class UserRow(NamedTuple):
    """A user as it is read."""

    id: uuid.UUID
    email: str
    role: str
    is_disabled: bool
    created_at: datetime
    password_hash: str = ""


_USERS = select(*columns(User, UserRow))


def by_email(connection: Connection, email: str) -> UserRow | None:
    """The user with this address, however it is written."""
    return fetch_one(connection, _USERS.where(User.email == email.casefold()), UserRow._make)


def by_id(connection: Connection, user_id: uuid.UUID) -> UserRow | None:
    """One user."""
    return fetch_one(connection, _USERS.where(User.id == user_id), UserRow._make)


def listing(connection: Connection) -> Sequence[UserRow]:
    """Every user, by address, without the hashes."""
    shown = select(User.id, User.email, User.role, User.is_disabled, User.created_at)
    return [UserRow(*row) for row in connection.execute(shown.order_by(User.email))]


def add(
    connection: Connection, email: str, role: str, password_hash: str, now: datetime
) -> uuid.UUID:
    """Create a user; raises IntegrityError if the address is in use."""
    user_id = new_id()
    values = {"id": user_id, "email": email.casefold(), "role": role, "created_at": now}
    connection.execute(insert(User).values(**values, password_hash=password_hash))
    return user_id


def change(connection: Connection, user_id: uuid.UUID, **values: Any) -> None:
    """Write a user's new role, password hash or `is_disabled`."""
    connection.execute(update(User).where(User.id == user_id).values(**values))


def lock_admins(connection: Connection) -> set[uuid.UUID]:
    """Lock the admins that can sign in, so that two of them cannot both go."""
    query = (
        select(User.id)
        .where(User.role == "admin", User.is_disabled.is_(False))
        .order_by(User.id)
        .with_for_update()
    )
    return set(connection.execute(query).scalars())


def has_admin(connection: Connection) -> bool:
    """Whether an admin can sign in."""
    query = select(func.count()).where(User.role == "admin", User.is_disabled.is_(False))
    return connection.execute(query).scalar_one() > 0
