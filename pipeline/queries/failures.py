"""Failures: parked turns and undelivered messages, until an operator has dealt with them.

Both lists read partial indexes, whatever the size of the log.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Select, literal, select, tuple_

from pipeline.enums import Direction, EntryKind, EntryStatus, MessageKind, Status
from pipeline.jsons import JsonObject
from pipeline.messages import Channel
from pipeline.records.base import columns, count_up_to, fetch, short_repr
from pipeline.records.core.contacts import Contact
from pipeline.records.core.entries import EntryRow
from pipeline.records.core.inbox import IS_PARKED, Entry
from pipeline.records.core.messages import HAS_FAILED, Message, MessageRow

FailurePosition = tuple[datetime, int]
MOST = 10_000


@dataclass(frozen=True, slots=True)
class Counts:
    """How many parked turns and failed messages there are, each at most MOST + 1."""

    turns: int
    messages: int


class ParkedTurn(NamedTuple):
    """A parked inbox entry; with its contact, if the contact is known."""

    id: int
    kind: EntryKind
    provider: str
    account_id: str
    provider_id: str
    lane: str
    payload: JsonObject
    status: EntryStatus
    attempts: int
    error: str
    received_at: datetime
    handled_at: datetime
    contact_id: UUID | None
    phone: str | None
    name: str | None

    def __repr__(self) -> str:
        """Without the body and the full number, so that no log can hold them."""
        return short_repr(self)


class FailedMessage(NamedTuple):
    """A message that failed, with its contact."""

    id: int
    public_id: UUID
    contact_id: UUID
    conversation_id: UUID | None
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
    failed_at: datetime
    status_times: dict[str, str]
    created_at: datetime
    phone: str | None
    name: str
    key: str

    def __repr__(self) -> str:
        """Without the body and the full number, so that no log can hold them."""
        return short_repr(self)


def counts(connection: Connection, lane: str = "") -> Counts:
    """How much waits for somebody, of everybody or of one contact."""
    turns = select(Entry.id).where(IS_PARKED)
    if lane:
        turns = turns.where(Entry.lane == lane)
    messages = _of(select(Message.id), lane)
    return Counts(
        count_up_to(connection, turns, MOST + 1), count_up_to(connection, messages, MOST + 1)
    )


def turns(connection: Connection, after: int, limit: int, lane: str = "") -> Sequence[ParkedTurn]:
    """Parked inbox entries that came later than `after`, in the order they came."""
    query = (
        select(*columns(Entry, EntryRow), Contact.id, Contact.phone, Contact.name)
        .select_from(Entry)
        .outerjoin(Contact, Contact.key == Entry.lane)
        .where(IS_PARKED, Entry.id > after)
    )
    if lane:
        query = query.where(Entry.lane == lane)
    return fetch(connection, query.order_by(Entry.id).limit(limit), ParkedTurn._make)


def messages(
    connection: Connection, after: FailurePosition | None, limit: int, lane: str = ""
) -> Sequence[FailedMessage]:
    """Messages that failed, earlier than the one that `after` names, the latest first."""
    shown = select(*columns(Message, MessageRow), Contact.phone, Contact.name, Contact.key)
    query = _of(shown, lane)
    if after:
        moment, message_id = after
        place = tuple_(
            literal(moment, Message.failed_at.type), literal(message_id, Message.id.type)
        )
        query = query.where(tuple_(Message.failed_at, Message.id) < place)
    newest = query.order_by(Message.failed_at.desc(), Message.id.desc())
    return fetch(connection, newest.limit(limit), FailedMessage._make)


def in_order(connection: Connection, lane: str = "") -> list[UUID]:
    """The public ids of all messages that failed, or of one contact's, as they were said."""
    query = _of(select(Message.public_id), lane).order_by(Message.id)
    return list(connection.execute(query).scalars())


def _of(query: Select[*tuple[Any, ...]], lane: str) -> Select[*tuple[Any, ...]]:
    """Those that failed and wait for somebody, with their contacts; of one contact, if given."""
    query = query.join(Contact, Contact.id == Message.contact_id)
    query = query.where(HAS_FAILED)
    return query.where(Contact.key == lane) if lane else query
