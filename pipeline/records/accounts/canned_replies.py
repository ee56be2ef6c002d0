"""Canned replies: texts that operators send often."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.records.base import Record


class CannedReply(Record):
    """One text under a short title."""

    __tablename__ = "canned_reply"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(unique=True)
    body: Mapped[str]
    created_by: Mapped[str]
    created_at: Mapped[datetime]


def listing(connection: Connection) -> Sequence[Row[Any]]:
    """All of them, in the order of their titles."""
    query = select(CannedReply.__table__)
    return connection.execute(query.order_by(func.lower(CannedReply.title), CannedReply.id)).all()


def by_id(connection: Connection, reply_id: uuid.UUID) -> Row[Any] | None:
    """One of them."""
    query = select(CannedReply.__table__).where(CannedReply.id == reply_id)
    return connection.execute(query).one_or_none()


def add(connection: Connection, reply: dict[str, Any]) -> None:
    """Insert one; raises IntegrityError where the title is taken."""
    connection.execute(insert(CannedReply).values(reply))


def change(connection: Connection, reply_id: uuid.UUID, **values: Any) -> int:
    """Change one, and tell how many were changed; raises IntegrityError likewise."""
    changed = update(CannedReply).where(CannedReply.id == reply_id).values(**values)
    return connection.execute(changed).rowcount


def remove(connection: Connection, reply_id: uuid.UUID) -> int:
    """Delete one, and tell how many were deleted."""
    return connection.execute(delete(CannedReply).where(CannedReply.id == reply_id)).rowcount
