"""The outbox: outbound messages of the log that wait to be handed to the provider, lane by lane."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Select, select, text, update
from sqlalchemy.orm import aliased

from pipeline.enums import FAILED, PENDING, Direction, Status
from pipeline.records import bulk
from pipeline.records.base import among, any_of
from pipeline.records.core import lanes, messages
from pipeline.records.core.contacts import Contact
from pipeline.records.core.conversations import Conversation
from pipeline.records.core.messages import PENDING_SQL, Message


def enqueue(
    connection: Connection,
    rows: Sequence[dict[str, Any]],
    keys: Collection[str],
    now: datetime,
) -> None:
    """Queue outbound messages, in the order given, and tell the lanes of their contacts."""
    lanes.note(connection, Direction.OUTBOUND, keys, now)
    messages.append(connection, rows)


_OLDEST = (
    select(Message.id)
    .where(Message.contact_id == Contact.id, text(f"message.{PENDING_SQL}"))
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
    .label("has_next")
)


def heads(connection: Connection, keys: Collection[str]) -> list[Row[Any]]:
    """The oldest pending message of each lane, with its contact and conversation."""
    query = _heads(connection.dialect.name)
    return list(connection.execute(query, {"keys": list(keys)}).all())


@cache
def _heads(dialect: str) -> Select[Any]:
    return (
        select(
            messages.TABLE,
            _HAS_NEXT,
            Contact.key,
            Contact.phone,
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


def begin(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Mark messages as being handed over: id, attempted_at, and resends as it is from now on."""
    bulk.change(
        connection,
        Message,
        [{**row, "status": Status.SENDING, "looks": 0} for row in rows],
        also={"attempts": "message.attempts + 1"},
    )


_FIELDS = (
    "status",
    "provider_id",
    "error_code",
    "error",
    "segments",
    "looks",
    "expires_at",
    "status_times",
    "settled_at",
    "failed_at",
)


def change(row: Row[Any], at: datetime, **values: Any) -> dict[str, Any]:
    """What `save` takes for one message: its own fields, but for `values`.

    `at` becomes the time of a status that is reached for the first time. A failure is marked once,
    so that what somebody saw to stays so, and a better status takes the mark away.
    """
    fields = {name: getattr(row, name) for name in _FIELDS} | values
    if fields["status"] in PENDING:
        fields["settled_at"] = None
    else:
        fields["settled_at"] = fields["settled_at"] or at
        fields["status_times"] = {fields["status"].value: at.isoformat()} | fields["status_times"]
    if fields["status"] not in FAILED:
        fields["failed_at"] = None
    elif row.status not in FAILED:
        fields["failed_at"] = at
    return {"id": row.id, **fields}


def save(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Write what became of locked messages."""
    bulk.change(connection, Message, rows)


def lock(connection: Connection, message_ids: Collection[int]) -> dict[int, Row[Any]]:
    """Lock messages in id order and read how they stand; their bodies are not needed."""
    query = _locking(connection.dialect.name)
    return {row.id: row for row in connection.execute(query, {"ids": list(message_ids)})}


@cache
def _locking(dialect: str) -> Select[Any]:
    return (
        select(
            Message.id,
            Message.public_id,
            Message.contact_id,
            Message.channel,
            Message.our_number,
            Message.attempts,
            Message.attempted_at,
            *(getattr(Message, name) for name in _FIELDS),
        )
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
    # Not in the question: the index of what is pending would be read whole beside these ids.
    query = (
        select(Contact.key, Message.settled_at)
        .join(Message, Message.contact_id == Contact.id)
        .where(among(connection, Message.id, message_ids))
    )
    return {row.key for row in connection.execute(query) if row.settled_at is None}
