"""Status callbacks as they came, each merged into its message once."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, UniqueConstraint, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.enums import Direction
from pipeline.jsons import JsonObject
from pipeline.messages import StatusCallback
from pipeline.records import bulk
from pipeline.records.base import (
    Record,
    SerialId,
    ShortText,
    among,
    columns,
    fetch,
    literally,
    partial_index,
)
from pipeline.records.core.messages import Message


class StoredCallback(Record):
    """One callback. `state` is waiting, applied, refused, or unmatched: no message has its id.

    The table keeps the name that earlier releases read and write while processes are replaced.
    """

    __tablename__ = "receipt"
    __table_args__ = (
        UniqueConstraint("provider_id", "status", "error_code", "provider", "account_id"),
        partial_index("ix_receipt_waiting", "id", where="state = 'waiting'"),
        partial_index("ix_receipt_unmatched", "provider_id", where="state = 'unmatched'"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[SerialId]
    provider: Mapped[ShortText]
    account_id: Mapped[str]
    provider_id: Mapped[str]
    status: Mapped[str]
    error_code: Mapped[str]
    error: Mapped[str] = mapped_column(default="")
    message_id: Mapped[str] = mapped_column(default="")
    attempt: Mapped[int] = mapped_column(default=0)
    payload: Mapped[JsonObject]
    state: Mapped[ShortText] = mapped_column(default="waiting")
    received_at: Mapped[datetime]


class CallbackRow(NamedTuple):
    """A callback as it is read."""

    id: int
    provider_id: str
    status: str
    error_code: str
    error: str
    message_id: str
    received_at: datetime


_IS_WAITING = StoredCallback.state == literally("waiting")
_ANY_WAITING = select(StoredCallback.id).where(_IS_WAITING).limit(1)


def row(callback: StatusCallback, form: dict[str, list[str]]) -> JsonObject:
    """The values of a row for a status callback and the form it came in."""
    return {**asdict(callback), "payload": form}


def append(connection: Connection, rows: Sequence[JsonObject]) -> None:
    """Add callbacks; one that was here already changes nothing."""
    bulk.add(connection, StoredCallback, rows, skip_known=True)


def waiting(connection: Connection, limit: int) -> list[int]:
    """The oldest callbacks that wait to be merged."""
    query = select(StoredCallback.id).where(_IS_WAITING).order_by(StoredCallback.id).limit(limit)
    return list(connection.execute(query).scalars())


def lock(connection: Connection, callback_ids: Sequence[int]) -> list[CallbackRow]:
    """Lock those of these callbacks that still wait and that nobody else is merging, in order."""
    query = select(*columns(StoredCallback, CallbackRow)).where(
        among(connection, StoredCallback.id, callback_ids), StoredCallback.state == "waiting"
    )
    free = query.order_by(StoredCallback.id).with_for_update(skip_locked=True)
    return fetch(connection, free, CallbackRow._make)


def mark(connection: Connection, callback_ids: Sequence[int], state: str) -> None:
    """Note what became of callbacks."""
    if callback_ids:
        connection.execute(
            update(StoredCallback)
            .where(among(connection, StoredCallback.id, callback_ids))
            .values(state=state)
        )


def reconsider(connection: Connection, since: datetime) -> int:
    """Merge again those that came `since` whose message has become known; returns how many.

    Each costs a look-up, and those of messages that are not ours stay for as long as the others.
    """
    known = select(Message.provider_id).where(
        Message.provider_id == StoredCallback.provider_id, Message.direction == Direction.OUTBOUND
    )
    again = (
        update(StoredCallback)
        .where(StoredCallback.state == literally("unmatched"))
        .where(StoredCallback.received_at > since, known.exists())
        .values(state="waiting")
        .execution_options(synchronize_session=False)
    )
    return connection.execute(again).rowcount


def has_waiting(connection: Connection) -> bool:
    """Whether a callback waits to be merged."""
    return connection.execute(_ANY_WAITING).first() is not None


def prune(connection: Connection, before: datetime, limit: int, after: int = 0) -> list[int]:
    """Delete the oldest callbacks, merged or not; as inbox.prune does."""
    # The oldest come first, so nothing else need be read when none of these is old enough.
    oldest = (
        select(StoredCallback.id, StoredCallback.received_at)
        .where(StoredCallback.id > after)
        .order_by(StoredCallback.id)
        .limit(limit)
    ).subquery()
    old = select(oldest.c.id).where(oldest.c.received_at < before)
    ids = list(connection.execute(old).scalars())
    connection.execute(delete(StoredCallback).where(among(connection, StoredCallback.id, ids)))
    return ids
