"""Canned replies: texts that operators send often."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.records.base import Record, columns, fetch, fetch_one


class CannedReply(Record):
    """One text under a short title."""

    __tablename__ = "canned_reply"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(unique=True)
    body: Mapped[str]
    created_by: Mapped[str]
    created_at: Mapped[datetime]


class CannedReplyRow(NamedTuple):
    """A canned reply as it is read."""

    id: uuid.UUID
    title: str
    body: str
    created_by: str
    created_at: datetime


_REPLIES = select(*columns(CannedReply, CannedReplyRow))


def listing(connection: Connection) -> Sequence[CannedReplyRow]:
    """All of them, in the order of their titles."""
    query = _REPLIES.order_by(func.lower(CannedReply.title), CannedReply.id)
    return fetch(connection, query, CannedReplyRow._make)


def by_id(connection: Connection, reply_id: uuid.UUID) -> CannedReplyRow | None:
    """One of them."""
    query = _REPLIES.where(CannedReply.id == reply_id)
    return fetch_one(connection, query, CannedReplyRow._make)


def add(connection: Connection, reply: CannedReplyRow) -> None:
    """Insert one; raises IntegrityError if the title is in use."""
    connection.execute(insert(CannedReply).values(reply._asdict()))


def change(connection: Connection, reply_id: uuid.UUID, **values: Any) -> int:
    """Change one; returns how many were changed. Raises IntegrityError if the title is in use."""
    changed = update(CannedReply).where(CannedReply.id == reply_id).values(**values)
    return connection.execute(changed).rowcount


def remove(connection: Connection, reply_id: uuid.UUID) -> int:
    """Delete one; returns how many were deleted."""
    return connection.execute(delete(CannedReply).where(CannedReply.id == reply_id)).rowcount
