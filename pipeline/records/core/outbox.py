"""The outbox: outbound messages of the log that wait to be handed to the provider, lane by lane."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, select, update
from sqlalchemy.orm import aliased

from pipeline.enums import FAILED, PENDING, Direction, Holder, Status
from pipeline.jsons import JsonObject
from pipeline.messages import Channel
from pipeline.records import bulk
from pipeline.records.base import among, any_of, columns, fetch, short_repr
from pipeline.records.core import lanes, messages
from pipeline.records.core.contacts import Contact
from pipeline.records.core.conversations import Conversation
from pipeline.records.core.messages import IS_PENDING, Message


class Delivery(NamedTuple):
    """The sending status of a message."""

    id: int
    public_id: uuid.UUID
    contact_id: uuid.UUID
    channel: Channel
    our_number: str
    attempted_at: datetime | None
    resends: int
    attempts: int
    status: Status
    provider_id: str | None
    error_code: str
    error: str
    segments: int | None
    reconcile_attempts: int
    expires_at: datetime | None
    status_times: dict[str, str]
    settled_at: datetime | None
    failed_at: datetime | None

    def __repr__(self) -> str:
        """Without the body and the full number, so that no log can hold them."""
        return short_repr(self)

    @property
    def begun_at(self) -> datetime:
        """When the last attempt began; a message that was tried has one."""
        assert self.attempted_at  # noqa: S101 (tells the type checker)
        return self.attempted_at

    def since(self, before: "Delivery", at: datetime) -> "Delivery":
        """The same with the times that follow from what changed `at` this moment.

        A failure is marked once, so that one an operator dismissed stays dismissed; a better status
        removes the mark.
        """
        if self.status in PENDING:
            return self._replace(settled_at=None, failed_at=None)
        failed_at = self.failed_at if self.status in FAILED else None
        if self.status in FAILED and before.status not in FAILED:
            failed_at = at
        times = {self.status.value: at.isoformat()} | self.status_times
        return self._replace(
            settled_at=self.settled_at or at, status_times=times, failed_at=failed_at
        )


# What `save` writes; the fields before these are never changed by what became of a message.
_CHANGED = Delivery._fields[Delivery._fields.index("attempted_at") :]


class Head(NamedTuple):
    """The first pending message of a lane, with what decides whether it may be sent."""

    delivery: Delivery
    body: str
    media: list[JsonObject]
    content: JsonObject
    author: str
    has_next: bool
    key: str
    phone: str | None
    address: str | None
    opt_outs: Mapping[str, str]
    is_blocked: bool
    holder: Holder | None
    held_by: str | None
    held_until: datetime | None
    last_inbound_at: datetime | None

    @property
    def recipient(self) -> str:
        """The contact's address to send to: the one that wrote, or the usual one."""
        return self.address or self.phone or self.key

    def __repr__(self) -> str:
        """Without the body and the full number, so that no log can hold them."""
        return f"Head({self.delivery})"


def enqueue(
    connection: Connection,
    rows: Sequence[JsonObject],
    keys: Collection[str],
    now: datetime,
) -> None:
    """Queue outbound messages, in the order given, and tell the lanes of their contacts."""
    lanes.note(connection, Direction.OUTBOUND, keys, now)
    messages.append(connection, rows)


_OLDEST = (
    select(Message.id)
    .where(Message.contact_id == Contact.id, IS_PENDING)
    .order_by(Message.id)
    .limit(1)
    .correlate(Contact)
    .scalar_subquery()
)
_LATER = aliased(Message)
_HAS_NEXT = (
    select(_LATER.id)
    .where(_LATER.contact_id == Contact.id, _LATER.id > Message.id, _LATER.settled_at.is_(None))
    .correlate(Contact, Message)
    .exists()
)


def heads(connection: Connection, keys: Collection[str]) -> list[Head]:
    """The oldest pending message of each lane, with its contact and conversation."""
    found = connection.execute(_heads(connection.dialect.name), {"keys": list(keys)})
    split = len(Delivery._fields)
    return [Head(Delivery._make(row[:split]), *row[split:]) for row in found]


@cache
def _heads(dialect: str) -> Select[*tuple[Any, ...]]:
    return (
        select(
            *columns(Message, Delivery),
            Message.body,
            Message.media,
            Message.content,
            Message.author,
            _HAS_NEXT,
            Contact.key,
            Contact.phone,
            Message.address,
            Contact.opt_outs,
            Contact.is_blocked,
            Conversation.holder,
            Conversation.held_by,
            Conversation.held_until,
            Conversation.last_inbound_at,
        )
        .select_from(Contact)
        .join(Message, Message.id == _OLDEST)
        .outerjoin(Conversation, Conversation.id == Message.conversation_id)
        .where(any_of(dialect, Contact.key, "keys"))
    )


def begin(connection: Connection, deliveries: Sequence[Delivery], now: datetime) -> None:
    """Mark messages as being handed over now, for the first time or once more."""
    rows = [
        {
            "id": delivery.id,
            "attempted_at": now,
            "attempts": delivery.attempts + 1,
            # The provider was asked and did not know of it: this sending may be the second.
            "resends": delivery.resends + (delivery.reconcile_attempts > 0),
            "status": Status.SENDING,
            "reconcile_attempts": 0,
        }
        for delivery in deliveries
    ]
    bulk.change(connection, Message, rows)


def save(connection: Connection, deliveries: Sequence[Delivery]) -> None:
    """Write the new status of locked messages."""
    rows = [
        {"id": delivery.id} | {name: getattr(delivery, name) for name in _CHANGED}
        for delivery in deliveries
    ]
    bulk.change(connection, Message, rows)


def lock(connection: Connection, message_ids: Collection[int]) -> dict[int, Delivery]:
    """Lock messages in id order and read their sending status."""
    query = _locking(connection.dialect.name)
    found = fetch(connection, query, Delivery._make, {"ids": list(message_ids)})
    return {delivery.id: delivery for delivery in found}


@cache
def _locking(dialect: str) -> Select[*tuple[Any, ...]]:
    return (
        select(*columns(Message, Delivery))
        .where(any_of(dialect, Message.id, "ids"))
        .order_by(Message.id)
        .with_for_update(key_share=True)
    )


def cancel_replies(
    connection: Connection, conversation_id: uuid.UUID, reason: str, now: datetime
) -> int:
    """Cancel the bot's replies of a conversation that are still queued; returns how many."""
    cancelled = (
        update(Message)
        .where(
            Message.conversation_id == conversation_id,
            Message.status == Status.QUEUED,
            Message.direction == Direction.OUTBOUND,
            Message.author == "bot",
        )
        .values(status=Status.CANCELED, error=reason, settled_at=now)
    )
    return connection.execute(cancelled).rowcount


def lanes_of_pending(connection: Connection, message_ids: Collection[int]) -> set[str]:
    """The lanes of those messages that are not settled yet."""
    # Not in the query: PostgreSQL would read the whole index of pending messages as well.
    query = (
        select(Contact.key, Message.settled_at)
        .join(Message, Message.contact_id == Contact.id)
        .where(among(connection, Message.id, message_ids))
    )
    return {row.key for row in connection.execute(query) if row.settled_at is None}
