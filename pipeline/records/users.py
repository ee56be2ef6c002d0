"""Users of the dashboard and their sign-in sessions, kept on the server."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.records.base import Record, Word


class User(Record):
    """An operator. `role` is viewer, operator or admin; `password_hash` is argon2id."""

    __tablename__ = "user_account"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    role: Mapped[Word]
    password_hash: Mapped[str]
    is_disabled: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class SignIn(Record):
    """One signed-in browser; the cookie holds the token, this row only its SHA-256."""

    __tablename__ = "sign_in"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
