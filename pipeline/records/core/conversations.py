"""Conversations: a contact with one of our numbers on one channel, and its state with the bot."""

import uuid
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, Select, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.conversation import values
from pipeline.enums import Holder
from pipeline.jsons import JsonObject
from pipeline.messages import Channel
from pipeline.records import bulk
from pipeline.records.base import (
    Record,
    ShortText,
    among,
    any_of,
    columns,
    fetch,
    fetch_one,
    literally,
    partial_index,
)
from pipeline.records.core.conversation_rows import ConversationRow, parse, parse_for_operator
from pipeline.records.stats import tallies

_UNREAD = "last_inbound_at IS NOT NULL AND (read_at IS NULL OR read_at < last_inbound_at)"


class Conversation(Record):
    """One conversation. `version` grows with every change and fences turns in flight (promise P8).

    `state_seq` counts the states entered, so that a timer knows whether its state was left.
    `memory` belongs to the bot kit: steps back, flow calls, wrong answers.
    `read_at` is when an operator last looked; what came in later is unread.
    `address` is where the contact wrote from last; None in what an operator began.
    """

    __tablename__ = "conversation"
    __table_args__ = (
        # One open conversation per contact, channel and number, even if two processes create it.
        partial_index(
            "uq_conversation_open",
            "contact_id",
            "channel",
            "our_number",
            unique=True,
            where="closed_at IS NULL",
        ),
        Index("ix_conversation_recent", "last_message_at", "id"),
        Index("ix_conversation_channel", "channel", "last_message_at", "id"),
        partial_index(
            "ix_conversation_closed", "last_message_at", "id", where="closed_at IS NOT NULL"
        ),
        Index("ix_conversation_contact", "contact_id", "opened_at"),
        partial_index(
            "ix_conversation_state",
            "state",
            "last_message_at",
            "id",
            where="closed_at IS NULL",
        ),
        partial_index("ix_conversation_unread", "last_message_at", "id", where=_UNREAD),
        partial_index("ix_conversation_held", "last_message_at", "id", where="holder <> 'bot'"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    contact_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("contact.id"))
    channel: Mapped[ShortText]
    our_number: Mapped[str]
    state: Mapped[str]
    state_seq: Mapped[int] = mapped_column(default=0)
    data: Mapped[JsonObject] = mapped_column(default=dict)
    choices: Mapped[list[Any]] = mapped_column(default=list)
    memory: Mapped[JsonObject] = mapped_column(default=dict)
    version: Mapped[int] = mapped_column(default=1)
    holder: Mapped[Holder] = mapped_column(default=Holder.BOT)
    held_by: Mapped[str] = mapped_column(default="")
    held_until: Mapped[datetime | None]
    opened_at: Mapped[datetime]
    last_message_at: Mapped[datetime]
    last_inbound_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    address: Mapped[str | None]


# As the partial indexes say it.
IS_UNREAD = Conversation.last_inbound_at.is_not(None) & or_(
    Conversation.read_at.is_(None), Conversation.read_at < Conversation.last_inbound_at
)
IS_NOT_WITH_BOT = Conversation.holder != literally(Holder.BOT)
_NEXT_VERSION: bulk.Expressions = (("version", Conversation.version + 1),)
_CONVERSATIONS = select(*columns(Conversation, ConversationRow))


def open_of(connection: Connection, contact_ids: Sequence[uuid.UUID]) -> list[ConversationRow]:
    """The open conversations of these contacts."""
    query = _open(connection.dialect.name)
    return fetch(connection, query, ConversationRow._make, {"whose": list(contact_ids)})


def load_open(connection: Connection, contact_id: uuid.UUID) -> list[values.Conversation]:
    """The open conversations of a contact, for the rules."""
    return [parse(row) for row in open_of(connection, [contact_id])]


def open_by_contact(
    connection: Connection, contact_ids: Sequence[uuid.UUID]
) -> tuple[dict[uuid.UUID, list[values.Conversation]], dict[uuid.UUID, Exception]]:
    """The open conversations of each contact, and what is wrong where one cannot be read."""
    found: dict[uuid.UUID, list[values.Conversation]] = {}
    damaged: dict[uuid.UUID, Exception] = {}
    for row in open_of(connection, contact_ids):
        try:
            found.setdefault(row.contact_id, []).append(parse(row))
        except Exception as error:  # noqa: BLE001 (only the turns of this contact fail of it)
            damaged[row.contact_id] = error
    return found, damaged


@cache
def _open(dialect: str) -> Select[Any]:
    return _CONVERSATIONS.where(
        any_of(dialect, Conversation.contact_id, "whose"), Conversation.closed_at.is_(None)
    )


def load(connection: Connection, conversation_id: uuid.UUID) -> values.Conversation | None:
    """One conversation, open or closed, as an operator acts on it."""
    return load_all(connection, [conversation_id]).get(conversation_id)


def by_ids(
    connection: Connection, conversation_ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, ConversationRow]:
    """Those of these conversations that there are."""
    query = _CONVERSATIONS.where(among(connection, Conversation.id, conversation_ids))
    return {row.id: row for row in fetch(connection, query, ConversationRow._make)}


def load_all(
    connection: Connection, conversation_ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, values.Conversation]:
    """Those of these conversations that there are, as an operator acts on them."""
    rows = by_ids(connection, conversation_ids)
    return {key: parse_for_operator(row) for key, row in rows.items()}


def lock(connection: Connection, conversation_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Lock conversations in id order and tell the version of each."""
    query = _locking(connection.dialect.name)
    rows = connection.execute(query, {"ids": list(conversation_ids)})
    return {row.id: row.version for row in rows}


@cache
def _locking(dialect: str) -> Select[uuid.UUID, int]:
    return (
        select(Conversation.id, Conversation.version)
        .where(any_of(dialect, Conversation.id, "ids"))
        .order_by(Conversation.id)
        .with_for_update(key_share=True)
    )


def create(connection: Connection, conversations: Sequence[JsonObject]) -> None:
    """Insert conversations; raises IntegrityError where the contact has an open one."""
    bulk.add(connection, Conversation, conversations)
    opened = [row["state"] for row in conversations if row.get("closed_at") is None]
    tallies.add(connection, tallies.STATE, Counter(opened))


def save(
    connection: Connection,
    changes: Sequence[JsonObject],
    before: Mapping[uuid.UUID, str] | None = None,
) -> None:
    """Write what changed in locked conversations; every one gets its next version.

    `before` is the state that each open one was in; without it, that is looked up.
    """
    if before is None:
        before = _counted(connection, changes)
    bulk.change(connection, Conversation, changes, also=_NEXT_VERSION)
    differences: Counter[str] = Counter()
    for row in changes:
        if (was := before.get(row["id"])) is not None:
            differences[was] -= 1
            if row.get("closed_at") is None:
                differences[row.get("state", was)] += 1
    tallies.add(connection, tallies.STATE, differences)


def _counted(connection: Connection, changes: Sequence[JsonObject]) -> dict[uuid.UUID, str]:
    """The states of those that are open, where the changes may move or close them."""
    if changes[0].keys().isdisjoint({"state", "closed_at"}):
        return {}
    ids = [row["id"] for row in changes]
    query = select(Conversation.id, Conversation.state).where(
        among(connection, Conversation.id, ids), Conversation.closed_at.is_(None)
    )
    return {row.id: row.state for row in connection.execute(query)}


def latest_of(
    connection: Connection, contact_id: uuid.UUID, channel: str = ""
) -> values.Conversation | None:
    """The contact's open conversation on a channel (any: ""), else the last closed one."""
    query = _CONVERSATIONS.where(Conversation.contact_id == contact_id)
    if channel:
        query = query.where(Conversation.channel == channel)
    newest = query.order_by(
        Conversation.closed_at.is_not(None), Conversation.last_message_at.desc()
    ).limit(1)
    row = fetch_one(connection, newest, ConversationRow._make)
    return None if row is None else parse_for_operator(row)


def touch(connection: Connection, conversation_id: uuid.UUID, at: datetime) -> None:
    """Note the time of a message; turns in flight are not discarded."""
    connection.execute(
        update(Conversation).where(Conversation.id == conversation_id).values(last_message_at=at)
    )


def mark_read(connection: Connection, conversation_id: uuid.UUID, at: datetime) -> None:
    """Note that an operator read it; turns in flight are not discarded."""
    connection.execute(
        update(Conversation).where(Conversation.id == conversation_id).values(read_at=at)
    )


def our_addresses(connection: Connection) -> set[tuple[Channel, str]]:
    """Our numbers, each with its channel, that contacts wrote to recently."""
    lately = (
        select(Conversation.channel, Conversation.our_number)
        .order_by(Conversation.last_message_at.desc())
        .limit(1000)
    ).subquery()
    query = select(lately.c.channel, lately.c.our_number).distinct()
    return {(row.channel, row.our_number) for row in connection.execute(query)}
