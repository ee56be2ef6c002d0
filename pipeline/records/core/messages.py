"""The log: every message in and out. Outbound rows that wait to be sent are in outbox.py."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    Connection,
    ForeignKey,
    Index,
    UniqueConstraint,
    and_,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.enums import Direction, MessageKind, Status
from pipeline.jsons import JsonObject
from pipeline.messages import Channel
from pipeline.records import bulk
from pipeline.records.base import (
    BigId,
    Record,
    SerialId,
    ShortText,
    among,
    columns,
    fetch,
    fetch_one,
    partial_index,
    short_repr,
)

# A message that could not be sent for this long is no longer relevant to its contact.
KEEP_TRYING_TO_SEND = timedelta(hours=4)


class Message(Record):
    """One message. `id` is the order of things within a contact, `public_id` is what others see.

    `(turn_id, ordinal)` is unique: 0 is the inbound message of the turn, 1… its replies, so no
    turn can be recorded twice (promise P2). `status_times` maps a status to its ISO 8601 moment.
    `settled_at` is when sending ended: the provider accepted the message, or it will not be sent.
    `failed_at` is when it failed; None again after a retry or a dismissal. `address` is that of the
    contact, on the channel; None is the usual one.
    """

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("turn_id", "ordinal"),
        Index("ix_message_conversation", "conversation_id", "id"),
        Index("ix_message_contact", "contact_id", "id"),
        # Not by status: every send changes it twice, and would have to change the index twice.
        partial_index("ix_message_pending", "contact_id", "id", where="settled_at IS NULL"),
        partial_index(
            "uq_message_provider_id",
            "provider_id",
            "provider",
            unique=True,
            where="provider_id IS NOT NULL",
        ),
        partial_index("ix_message_failed", "failed_at", "id", where="failed_at IS NOT NULL"),
        partial_index(
            "ix_message_failed_conversation", "conversation_id", where="failed_at IS NOT NULL"
        ),
        partial_index("ix_message_resent", "resends", where="resends > 0"),
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
    channel: Mapped[ShortText]
    our_number: Mapped[str]
    kind: Mapped[MessageKind]
    body: Mapped[str]
    content: Mapped[JsonObject] = mapped_column(default=dict)
    media: Mapped[list[Any]] = mapped_column(default=list)
    author: Mapped[str]
    status: Mapped[Status]
    provider: Mapped[ShortText]
    provider_id: Mapped[str | None]
    idempotency_key: Mapped[str | None] = mapped_column(unique=True)
    error_code: Mapped[str] = mapped_column(default="")
    error: Mapped[str] = mapped_column(default="")
    segments: Mapped[int | None]
    attempts: Mapped[int] = mapped_column(default=0)
    # The column keeps its name: the release before this one writes it while it is replaced.
    reconcile_attempts: Mapped[int] = mapped_column("looks", key="reconcile_attempts", default=0)
    resends: Mapped[int] = mapped_column(default=0)
    attempted_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    status_times: Mapped[JsonObject] = mapped_column(default=dict)
    created_at: Mapped[datetime]
    address: Mapped[str | None]


class MessageRow(NamedTuple):
    """A message of the log as it is read."""

    id: int
    public_id: uuid.UUID
    contact_id: uuid.UUID
    conversation_id: uuid.UUID | None
    direction: Direction
    channel: Channel
    our_number: str
    kind: MessageKind
    body: str
    content: JsonObject
    media: list[JsonObject]
    author: str
    status: Status
    provider: str
    provider_id: str | None
    error_code: str
    error: str
    segments: int | None
    attempts: int
    failed_at: datetime | None
    status_times: dict[str, str]
    created_at: datetime
    address: str | None

    def __repr__(self) -> str:
        """Without the body and the full number, so that no log can hold them."""
        return short_repr(self)


# Each has a partial index.
IS_PENDING = Message.settled_at.is_(None)
HAS_FAILED = Message.failed_at.is_not(None)
MESSAGES = select(*columns(Message, MessageRow))


def append(connection: Connection, messages: Sequence[JsonObject]) -> None:
    """Add messages to the log, in the order given."""
    bulk.add(connection, Message, messages)


def latest_of(
    connection: Connection,
    conversation_id: uuid.UUID,
    limit: int,
    *,
    without_turns: Collection[int] = (),
) -> list[MessageRow]:
    """The last messages of a conversation, oldest first; without those of some turns."""
    query = MESSAGES.where(Message.conversation_id == conversation_id)
    if without_turns:
        is_of_another = ~among(connection, Message.turn_id, without_turns)
        query = query.where(or_(Message.turn_id.is_(None), is_of_another))
    return fetch(connection, query.order_by(Message.id.desc()).limit(limit), MessageRow._make)[::-1]


def latest_sent(connection: Connection, contact_id: uuid.UUID, limit: int) -> list[MessageRow]:
    """The last messages to a contact, the newest first."""
    query = MESSAGES.where(
        Message.contact_id == contact_id, Message.direction == Direction.OUTBOUND
    )
    return fetch(connection, query.order_by(Message.id.desc()).limit(limit), MessageRow._make)


def by_public_id(connection: Connection, public_id: uuid.UUID) -> MessageRow | None:
    """The message that others know by this id."""
    return fetch_one(connection, MESSAGES.where(Message.public_id == public_id), MessageRow._make)


def logged_turns(connection: Connection, turn_ids: Collection[int]) -> set[int]:
    """Those of these turns whose inbound message is in the log."""
    query = select(Message.turn_id).where(
        among(connection, Message.turn_id, turn_ids), Message.ordinal == 0
    )
    return {row.turn_id for row in connection.execute(query)}


def by_idempotency_key(connection: Connection, key: str) -> MessageRow | None:
    """The message that was queued under this key."""
    return fetch_one(connection, MESSAGES.where(Message.idempotency_key == key), MessageRow._make)


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
    """The outbound messages that have these public ids."""
    query = select(Message.public_id, Message.id).where(
        among(connection, Message.public_id, public_ids), Message.direction == Direction.OUTBOUND
    )
    return {row.public_id: row.id for row in connection.execute(query)}


def move(connection: Connection, from_id: uuid.UUID, to_id: uuid.UUID) -> int:
    """Give every message of a contact to another one; returns how many."""
    moved = update(Message).where(Message.contact_id == from_id).values(contact_id=to_id)
    return connection.execute(moved).rowcount


def give(
    connection: Connection,
    from_id: uuid.UUID,
    conversation_ids: Collection[uuid.UUID],
    names: Collection[tuple[Channel, str]],
    to_id: uuid.UUID,
) -> int:
    """Give a contact the messages of these conversations, and those outside of any conversation
    with these addresses, of another contact; returns how many.
    """
    outside = tuple_(Message.channel, Message.address).in_(list(names))
    whose = or_(
        among(connection, Message.conversation_id, conversation_ids),
        and_(Message.conversation_id.is_(None), outside),
    )
    moved = update(Message).where(Message.contact_id == from_id, whose)
    return connection.execute(moved.values(contact_id=to_id)).rowcount


def clear_failure(connection: Connection, message_id: int) -> int:
    """Take a failed message off the list of failures; returns whether it was on it."""
    seen_to = update(Message).where(Message.id == message_id, HAS_FAILED).values(failed_at=None)
    return connection.execute(seen_to).rowcount
