"""Failures: failing and parked turns and undelivered messages, until they are dealt with.

The lists read partial indexes, whatever the size of the log.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    Connection,
    Select,
    Subquery,
    literal,
    select,
    tuple_,
    union_all,
)

from pipeline.enums import Direction, EntryKind, EntryStatus, MessageKind, Status, TurnStatus
from pipeline.jsons import JsonObject
from pipeline.messages import Channel
from pipeline.records.base import columns, count_up_to, fetch, literally, short_repr
from pipeline.records.core.contacts import Contact
from pipeline.records.core.entries import EntryRow
from pipeline.records.core.inbox import HAS_FAILED_TURN, IS_FAILING, IS_PARKED, Entry
from pipeline.records.core.lanes import Lane
from pipeline.records.core.messages import HAS_FAILED, Message, MessageRow

FailurePosition = tuple[datetime, int]
MOST = 10_000
_TURNS = (
    select(
        *columns(Entry, EntryRow),
        Contact.id,
        Contact.phone,
        Contact.name,
        Lane.due_at,
        Lane.token,
    )
    .select_from(Entry)
    .outerjoin(Contact, Contact.key == Entry.lane)
    .outerjoin(Lane, (Lane.key == Entry.lane) & (Lane.direction == literally(Direction.INBOUND)))
)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many failed turns and failed messages there are, each at most MOST + 1."""

    turns: int
    messages: int


class FailedTurn(NamedTuple):
    """An inbox entry whose turn failed; with its contact, if the contact is known.

    `due_at` and `token` are its lane's: when that is due, and the lease it is in work under.
    """

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
    handled_at: datetime | None
    conversation_id: UUID | None
    contact_id: UUID | None
    phone: str | None
    name: str | None
    due_at: datetime | None
    token: UUID | None

    @property
    def outcome(self) -> TurnStatus:
        """Whether it will be tried again by itself."""
        return TurnStatus.PARKED if self.status == EntryStatus.PARKED else TurnStatus.FAILING

    @property
    def parked_at(self) -> datetime | None:
        """When it was parked."""
        return self.handled_at if self.status == EntryStatus.PARKED else None

    @property
    def next_attempt_at(self) -> datetime | None:
        """When it is tried again; None for a parked one, and while it is being tried."""
        is_waiting = self.outcome == TurnStatus.FAILING and self.token is None
        return self.due_at if is_waiting else None

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
    address: str | None
    phone: str | None
    name: str
    key: str

    def __repr__(self) -> str:
        """Without the body and the full number, so that no log can hold them."""
        return short_repr(self)


def counts(connection: Connection, lane: str = "") -> Counts:
    """How much waits for somebody, of everybody or of one contact."""
    messages = _of(select(Message.id), lane)
    return Counts(
        count_up_to(connection, select(_ids(0, MOST + 1, lane)), MOST + 1),
        count_up_to(connection, messages, MOST + 1),
    )


def turns(connection: Connection, after: int, limit: int, lane: str = "") -> Sequence[FailedTurn]:
    """Failing and parked turns that came later than `after`, in the order they came."""
    query = _TURNS.where(Entry.id.in_(select(_ids(after, limit, lane))))
    return fetch(connection, query.order_by(Entry.id).limit(limit), FailedTurn._make)


def turns_of(connection: Connection, conversation_id: UUID, limit: int) -> tuple[FailedTurn, ...]:
    """Failing and parked turns of one conversation, in the order they came."""
    query = _TURNS.where(Entry.conversation_id == conversation_id, HAS_FAILED_TURN)
    return tuple(fetch(connection, query.order_by(Entry.id).limit(limit), FailedTurn._make))


def _ids(after: int, limit: int, lane: str) -> Subquery:
    """The first ids of both kinds, each found in its own index."""
    parts = []
    for condition in (IS_PARKED, IS_FAILING):
        part = select(Entry.id).where(condition, Entry.id > after)
        if lane:
            part = part.where(Entry.lane == lane)
        parts.append(select(part.order_by(Entry.id).limit(limit).subquery()))
    return union_all(*parts).subquery()


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
