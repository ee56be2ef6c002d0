"""The outbox: outbound messages of the log that wait to be handed to the provider, lane by lane."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, literal_column, select, text, update
from sqlalchemy.orm import aliased

from pipeline.records import lanes, messages
from pipeline.records.contacts import Contact
from pipeline.records.conversations import Conversation
from pipeline.records.messages import PENDING_SQL, Message


def enqueue(
    connection: Connection,
    rows: Sequence[dict[str, Any]],
    keys: Collection[str],
    now: datetime,
) -> None:
    """Queue outbound messages, in the order given, and tell the lanes of their contacts."""
    lanes.note(connection, "outbound", keys, now)
    messages.append(connection, rows)


def heads(connection: Connection, keys: Collection[str]) -> list[Row[Any]]:
    """The oldest pending message of each lane, with its contact and conversation."""
    oldest = (
        select(Message.id)
        .where(Message.contact_id == Contact.id, text(f"message.{PENDING_SQL}"))
        .order_by(Message.id)
        .limit(1)
        .correlate(Contact)
        .scalar_subquery()
    )
    later = aliased(Message)
    has_next = (
        select(later.id)
        .where(later.contact_id == Contact.id, later.id > oldest)
        .where(later.status == literal_column("'queued'"))
        .correlate(Contact)
        .exists()
    )
    query = (
        select(
            messages.TABLE,
            has_next.label("has_next"),
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
        .join(Message, Message.id == oldest)
        .outerjoin(Conversation, Conversation.id == Message.conversation_id)
        .where(Contact.key.in_(keys))
    )
    return list(connection.execute(query))


_BEGIN = (
    update(Message)
    .where(Message.id == bindparam("message"))
    .values(
        status="sending",
        attempts=Message.attempts + 1,
        attempted_at=bindparam("now"),
        looks=0,
        resends=Message.resends + bindparam("is_resend"),
    )
)


def begin(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Mark messages as being handed over: rows of message, now, is_resend (0 or 1)."""
    connection.execute(_BEGIN, rows)


_FIELDS = (
    "status",
    "provider_id",
    "error_code",
    "error",
    "segments",
    "looks",
    "expires_at",
    "status_times",
)
_SAVE = (
    update(Message)
    .where(Message.id == bindparam("message"))
    .values({name: bindparam(f"new_{name}") for name in _FIELDS})
)


def change(row: Row[Any], *, at: datetime | None = None, **values: Any) -> dict[str, Any]:
    """The parameters of `save` for one message: its own fields, but for `values`.

    With `at`, the moment is kept as the time of the new status.
    """
    fields = {name: getattr(row, name) for name in _FIELDS} | values
    if at:
        fields["status_times"] = fields["status_times"] | {fields["status"]: at.isoformat()}
    return {"message": row.id} | {f"new_{name}": value for name, value in fields.items()}


def save(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Write what became of messages; every field of each row is given as `new_…`."""
    connection.execute(_SAVE, sorted(rows, key=lambda row: row["message"]))


def lock(connection: Connection, message_ids: Collection[int]) -> dict[int, Row[Any]]:
    """Lock messages in id order and read them as they are now."""
    query = (
        select(messages.TABLE)
        .where(Message.id.in_(message_ids))
        .order_by(Message.id)
        .with_for_update(key_share=True)
    )
    return {row.id: row for row in connection.execute(query)}


def cancel_replies(connection: Connection, conversation_id: uuid.UUID, reason: str) -> int:
    """Cancel the bot's replies of a conversation that are still queued; returns how many."""
    cancelled = (
        update(Message)
        .where(
            Message.conversation_id == conversation_id,
            Message.status == "queued",
            Message.direction == "outbound",
            Message.author == "bot",
        )
        .values(status="canceled", error=reason)
    )
    return connection.execute(cancelled).rowcount


def lanes_of_pending(connection: Connection, message_ids: Collection[int]) -> set[str]:
    """The lanes of those messages that are not settled yet."""
    query = (
        select(Contact.key)
        .join(Message, Message.contact_id == Contact.id)
        .where(Message.id.in_(message_ids), text(f"message.{PENDING_SQL}"))
    )
    return set(connection.execute(query).scalars())
