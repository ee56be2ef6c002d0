"""The log: every message in and out. Outbound rows that wait to be sent are in outbox.py."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Connection,
    ForeignKey,
    Index,
    Row,
    UniqueConstraint,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.enums import Direction, MessageKind, Status
from pipeline.records import bulk
from pipeline.records.base import BigId, Record, SerialId, Word, among, partial_index

# Not by status: an index over a column that every send changes twice would cost it twice.
PENDING_SQL = "settled_at IS NULL"
FAILED_SQL = "failed_at IS NOT NULL"
# A message that could not be sent for so long says nothing to its contact any more.
KEEP_TRYING_TO_SEND = timedelta(hours=4)


class Message(Record):
    """One message. `id` is the order of things within a contact, `public_id` is what others see.

    `(turn_id, ordinal)` is unique: 0 is the inbound message of the turn, 1… its replies, so no
    turn can be recorded twice (promise P2). `status_times` maps a status to its ISO 8601 moment.
    `settled_at` is when sending was over: taken by the provider, or given up. `failed_at` is when
    it failed, until somebody saw to it.
    """

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("turn_id", "ordinal"),
        Index("ix_message_conversation", "conversation_id", "id"),
        Index("ix_message_contact", "contact_id", "id"),
        partial_index(
            "ix_message_pending",
            "contact_id",
            "id",
            where=PENDING_SQL,
        ),
        partial_index(
            "uq_message_provider_id",
            "provider_id",
            "provider",
            unique=True,
            where="provider_id IS NOT NULL",
        ),
        partial_index(
            "ix_message_failed",
            "failed_at",
            "id",
            where=FAILED_SQL,
        ),
        partial_index(
            "ix_message_failed_conversation",
            "conversation_id",
            where=FAILED_SQL,
        ),
        partial_index(
            "ix_message_resent",
            "resends",
            where="resends > 0",
        ),
        # Room in each page for the rows that sending and callbacks change.
        {"sqlite_autoincrement": True, "postgresql_with": {"fillfactor": 70}},
    )

    id: Mapped[SerialId]
    public_id: Mapped[uuid.UUID] = mapped_column(unique=True)
    contact_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("contact.id"))
    conversation_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("conversation.id"))
    turn_id: Mapped[int | None] = mapped_column(BigId)
    ordinal: Mapped[int | None]
    direction: Mapped[Direction]
    channel: Mapped[Word]
    our_number: Mapped[str]
    kind: Mapped[MessageKind]
    body: Mapped[str]
    content: Mapped[dict[str, Any]] = mapped_column(default=dict)
    media: Mapped[list[Any]] = mapped_column(default=list)
    author: Mapped[str]
    status: Mapped[Status]
    provider: Mapped[Word]
    provider_id: Mapped[str | None]
    idempotency_key: Mapped[str | None] = mapped_column(unique=True)
    error_code: Mapped[str] = mapped_column(default="")
    error: Mapped[str] = mapped_column(default="")
    segments: Mapped[int | None]
    attempts: Mapped[int] = mapped_column(default=0)
    looks: Mapped[int] = mapped_column(default=0)
    resends: Mapped[int] = mapped_column(default=0)
    attempted_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    status_times: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]


TABLE = Message.__table__


def append(connection: Connection, messages: Sequence[dict[str, Any]]) -> None:
    """Add messages to the log, in the order given."""
    bulk.add(connection, Message, messages)


def latest_of(connection: Connection, conversation_id: uuid.UUID, limit: int) -> list[Row[Any]]:
    """The last messages of a conversation, oldest first."""
    query = (
        select(TABLE)
        .where(Message.conversation_id == conversation_id)
        .order_by(Message.id.desc())
        .limit(limit)
    )
    return list(connection.execute(query).all())[::-1]


def by_public_id(connection: Connection, public_id: uuid.UUID) -> Row[Any] | None:
    """The message that others know by this id."""
    return connection.execute(select(TABLE).where(Message.public_id == public_id)).one_or_none()


def logged_turns(connection: Connection, turn_ids: Collection[int]) -> set[int]:
    """Those of these turns whose inbound message is in the log."""
    query = select(Message.turn_id).where(
        among(connection, Message.turn_id, turn_ids), Message.ordinal == 0
    )
    return {row.turn_id for row in connection.execute(query)}


def by_idempotency_key(connection: Connection, key: str) -> Row[Any] | None:
    """The message that was queued under this key."""
    return connection.execute(select(TABLE).where(Message.idempotency_key == key)).one_or_none()


def known_provider_ids(connection: Connection, provider_ids: Sequence[str]) -> set[str]:
    """Those of the provider's ids that belong to a message already."""
    query = select(Message.provider_id).where(among(connection, Message.provider_id, provider_ids))
    return {row.provider_id for row in connection.execute(query)}


def sent_by_provider_id(connection: Connection, provider_ids: Sequence[str]) -> dict[str, int]:
    """The outbound messages that have these ids of the provider."""
    query = select(Message.provider_id, Message.id).where(
        among(connection, Message.provider_id, provider_ids),
        Message.direction == Direction.OUTBOUND,
    )
    return {row.provider_id: row.id for row in connection.execute(query)}


def ids_by_public_id(
    connection: Connection, public_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, int]:
    """The messages that have these ids of ours."""
    query = select(Message.public_id, Message.id).where(
        among(connection, Message.public_id, public_ids), Message.direction == Direction.OUTBOUND
    )
    return {row.public_id: row.id for row in connection.execute(query)}


def clear_failure(connection: Connection, message_id: int) -> int:
    """Note that somebody saw to a failed message; returns whether it still waited for that."""
    seen_to = (
        update(Message).where(Message.id == message_id, text(FAILED_SQL)).values(failed_at=None)
    )
    return connection.execute(seen_to).rowcount
