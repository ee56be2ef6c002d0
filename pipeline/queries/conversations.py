"""Conversations as a list, the latest activity first, with their contacts and last messages."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Subquery,
    func,
    literal,
    or_,
    select,
    tuple_,
    union,
)

from pipeline.conversation.consent import is_opted_out
from pipeline.enums import Direction, Holder, MessageKind, Status
from pipeline.jsons import JsonObject
from pipeline.messages import Channel
from pipeline.queries.filter import ConversationFilter, condition, is_held
from pipeline.records import base
from pipeline.records.base import among, fetch, fetch_one, short_repr
from pipeline.records.core.contacts import Contact
from pipeline.records.core.conversations import IS_UNREAD, Conversation
from pipeline.records.core.inbox import HAS_FAILED_TURN, Entry
from pipeline.records.core.messages import HAS_FAILED, Message
from pipeline.records.stats import tallies

Position = tuple[datetime, uuid.UUID]


class ListedConversation(NamedTuple):
    """A conversation with its contact and its last message.

    `has_failed`: a message or turn of it failed, and neither a retry nor an operator has dealt
    with that.
    """

    id: uuid.UUID
    contact_id: uuid.UUID
    channel: Channel
    our_number: str
    state: str
    state_seq: int
    data: JsonObject
    choices: list[Any]
    memory: JsonObject
    version: int
    holder: Holder
    held_by: str
    held_until: datetime | None
    opened_at: datetime
    last_message_at: datetime
    last_inbound_at: datetime | None
    read_at: datetime | None
    closed_at: datetime | None
    address: str | None
    phone: str | None
    name: str
    key: str
    opt_outs: JsonObject
    is_blocked: bool
    last_body: str | None
    last_direction: Direction | None
    last_kind: MessageKind | None
    last_author: str | None
    last_status: Status | None
    last_error: str | None
    last_error_code: str | None
    last_media: list[JsonObject] | None
    is_unread: bool
    is_held: bool
    has_failed: bool

    @property
    def is_opted_out(self) -> bool:
        """Whether the contact gets no messages in this conversation."""
        return is_opted_out(self.opt_outs, self.channel, self.our_number)

    def __repr__(self) -> str:
        """Without the body and the full number, so that no log can hold them."""
        return short_repr(self)


# The columns of the conversation itself come first.
_OWN = [Conversation.__table__.c[name] for name in ListedConversation._fields[:19]]
# So much of the last message is shown in a list.
_GIST = 300


def listing(
    connection: Connection, criteria: ConversationFilter, after: Position | None, limit: int
) -> Sequence[ListedConversation]:
    """Conversations that match, less recent than the one that `after` names."""
    found = _among(condition(connection, criteria).condition, criteria, after, limit)
    query = _shown(connection).join(found, found.c.id == Conversation.id)
    return fetch(connection, _latest_first(query, limit), ListedConversation._make)


def one(connection: Connection, conversation_id: uuid.UUID) -> ListedConversation | None:
    """One conversation as the list would show it."""
    query = _shown(connection).where(Conversation.id == conversation_id)
    return fetch_one(connection, query, ListedConversation._make)


def count_up_to(connection: Connection, criteria: ConversationFilter, most: int) -> int | None:
    """How many match; `most` may also mean more, unless only states are asked for.

    None where counting would take long: what very many have said, or thousands that failed.
    """
    if criteria == ConversationFilter(states=criteria.states) and criteria.states:
        counts = tallies.of(connection, tallies.STATE)
        return sum(counts.get(state, 0) for state in dict.fromkeys(criteria.states))
    asked = condition(connection, criteria)
    if asked.is_frequent:
        return None
    found = _among(asked.condition, criteria, None, most)
    return base.count_up_to(connection, select(found.c.id), most)


def all_ids(
    connection: Connection, criteria: ConversationFilter, after: uuid.UUID | None, limit: int
) -> list[uuid.UUID]:
    """The ids of those that match below `after`: nothing moves in this order, so none is missed."""
    query = select(Conversation.id).where(_every(connection, criteria))
    if after:
        query = query.where(Conversation.id < after)
    query = query.order_by(Conversation.id.desc()).limit(limit)
    return list(connection.execute(query).scalars())


def still_match(
    connection: Connection, criteria: ConversationFilter, ids: Collection[uuid.UUID]
) -> set[uuid.UUID]:
    """Those of these ids that match now."""
    query = select(Conversation.id).where(among(connection, Conversation.id, ids))
    return set(connection.execute(query.where(_every(connection, criteria))).scalars())


def all_of(
    connection: Connection, criteria: ConversationFilter, after: uuid.UUID | None, limit: int
) -> Sequence[ListedConversation]:
    """As `listing`, in the order of `all_ids`."""
    ids = all_ids(connection, criteria, after, limit)
    query = _shown(connection).where(among(connection, Conversation.id, ids))
    return fetch(connection, query.order_by(Conversation.id.desc()), ListedConversation._make)


def _every(connection: Connection, criteria: ConversationFilter) -> ColumnElement[bool]:
    asked = condition(connection, criteria).condition
    if not criteria.states:
        return asked
    states = among(connection, Conversation.state, set(criteria.states))
    return asked & states & Conversation.closed_at.is_(None)


def _shown(connection: Connection) -> Select[Any]:
    last_id = _of_conversation(select(func.max(Message.id))).scalar_subquery()
    return (
        select(
            *_OWN,
            Contact.phone,
            Contact.name,
            Contact.key,
            Contact.opt_outs,
            Contact.is_blocked,
            func.substr(Message.body, 1, _GIST),
            Message.direction,
            Message.kind,
            Message.author,
            Message.status,
            Message.error,
            Message.error_code,
            Message.media,
            IS_UNREAD,
            is_held(connection),
            _has_failed(),
        )
        .join(Contact, Contact.id == Conversation.contact_id)
        .outerjoin(Message, Message.id == last_id)
    )


def _has_failed() -> ColumnElement[bool]:
    turn = select(Entry.id).where(Entry.conversation_id == Conversation.id, HAS_FAILED_TURN)
    message = _of_conversation(select(Message.id)).where(HAS_FAILED)
    return or_(message.exists(), turn.correlate(Conversation).exists())


def _of_conversation(query: Select[Any]) -> Select[Any]:
    return query.where(Message.conversation_id == Conversation.id).correlate(Conversation)


def _latest_first(query: Select[Any], limit: int) -> Select[Any]:
    return query.order_by(Conversation.last_message_at.desc(), Conversation.id.desc()).limit(limit)


def _among(
    asked: ColumnElement[bool], criteria: ConversationFilter, after: Position | None, limit: int
) -> Subquery:
    """The ids of the latest; each state is walked along its own index: a rare one costs no scan."""
    query = select(Conversation.id).where(asked)
    if after:
        query = query.where(_is_before(after))
    branches = [query]
    if criteria.states:
        open_ones = query.where(Conversation.closed_at.is_(None))
        states = dict.fromkeys(criteria.states)
        branches = [open_ones.where(Conversation.state == state) for state in states]
    if len(branches) == 1:
        return _latest_first(branches[0], limit).subquery()
    return union(*(select(_latest_first(one, limit).subquery()) for one in branches)).subquery()


def _is_before(position: Position) -> ColumnElement[bool]:
    moment, conversation_id = position
    there = tuple_(
        literal(moment, Conversation.last_message_at.type),
        literal(conversation_id, Conversation.id.type),
    )
    return tuple_(Conversation.last_message_at, Conversation.id) < there
