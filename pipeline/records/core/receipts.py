"""Receipts: status callbacks as they came, each merged into its message once."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, UniqueConstraint, delete, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.enums import Direction
from pipeline.messages import StatusCallback
from pipeline.records import bulk
from pipeline.records.base import Record, SerialId, Word, among, partial_index
from pipeline.records.core.messages import Message

_WAITING = "state = 'waiting'"
_UNMATCHED = "state = 'unmatched'"


class ReceiptRow(Record):
    """One callback. `state` is waiting, applied, or unmatched while no message has its id."""

    __tablename__ = "receipt"
    __table_args__ = (
        UniqueConstraint("provider_id", "status", "error_code", "provider", "account_id"),
        partial_index("ix_receipt_waiting", "id", where=_WAITING),
        partial_index("ix_receipt_unmatched", "provider_id", where=_UNMATCHED),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[SerialId]
    provider: Mapped[Word]
    account_id: Mapped[str]
    provider_id: Mapped[str]
    status: Mapped[str]
    error_code: Mapped[str]
    error: Mapped[str] = mapped_column(default="")
    message_id: Mapped[str] = mapped_column(default="")
    attempt: Mapped[int] = mapped_column(default=0)
    payload: Mapped[dict[str, Any]]
    state: Mapped[Word] = mapped_column(default="waiting")
    received_at: Mapped[datetime]


_ANY_WAITING = select(ReceiptRow.id).where(text(_WAITING)).limit(1)


def row(callback: StatusCallback, form: dict[str, list[str]]) -> dict[str, Any]:
    """The values of a row for a status callback and the form it came in."""
    return {**asdict(callback), "payload": form}


def append(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Add receipts; a callback that was here already changes nothing."""
    bulk.add(connection, ReceiptRow, rows, skip_known=True)


def take_waiting(connection: Connection, limit: int) -> list[Row[Any]]:
    """Lock the oldest receipts that wait to be merged."""
    query = select(ReceiptRow.__table__).where(text(_WAITING)).order_by(ReceiptRow.id).limit(limit)
    return list(connection.execute(query.with_for_update(skip_locked=True)).all())


def mark(connection: Connection, receipt_ids: Sequence[int], state: str) -> None:
    """Say what became of receipts."""
    if receipt_ids:
        connection.execute(
            update(ReceiptRow)
            .where(among(connection, ReceiptRow.id, receipt_ids))
            .values(state=state)
        )


def reconsider(connection: Connection, since: datetime) -> int:
    """Merge again those that came `since` whose message has become known; returns how many.

    Each costs a look-up, and those of messages that are not ours stay for as long as the others.
    """
    known = select(Message.provider_id).where(
        Message.provider_id == ReceiptRow.provider_id, Message.direction == Direction.OUTBOUND
    )
    again = (
        update(ReceiptRow)
        .where(text(_UNMATCHED), ReceiptRow.received_at > since, known.exists())
        .values(state="waiting")
        .execution_options(synchronize_session=False)
    )
    return connection.execute(again).rowcount


def has_waiting(connection: Connection) -> bool:
    """Whether a receipt waits to be merged."""
    return connection.execute(_ANY_WAITING).first() is not None


def prune(connection: Connection, before: datetime, limit: int, after: int = 0) -> list[int]:
    """Delete the oldest receipts, merged or not; as inbox.prune does."""
    # The oldest come first, so nothing else need be read when none of these is old enough.
    oldest = (
        select(ReceiptRow.id, ReceiptRow.received_at)
        .where(ReceiptRow.id > after)
        .order_by(ReceiptRow.id)
        .limit(limit)
    ).subquery()
    old = select(oldest.c.id).where(oldest.c.received_at < before)
    ids = list(connection.execute(old).scalars())
    connection.execute(delete(ReceiptRow).where(among(connection, ReceiptRow.id, ids)))
    return ids
