"""Conversations as a list, the latest activity first, with their contacts and last messages."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Row,
    Select,
    Subquery,
    func,
    literal,
    literal_column,
    select,
    text,
    tuple_,
    union,
)

from pipeline.queries.filter import IS_UNREAD, ConversationFilter, condition, is_held
from pipeline.records import base
from pipeline.records.base import among
from pipeline.records.core.contacts import Contact
from pipeline.records.core.conversations import TABLE, Conversation
from pipeline.records.core.messages import FAILED_SQL, Message
from pipeline.records.stats import tallies

Place = tuple[datetime, uuid.UUID]
# So much of the last message is shown in a list.
_GIST = 300


def listing(
    connection: Connection, criteria: ConversationFilter, after: Place | None, limit: int
) -> Sequence[Row[Any]]:
    """Conversations that match, less recent than the one that `after` names.

    Beside the columns of a conversation each has its contact's `phone`, `name` and `key`, its
    last message as `last_…`, and `is_unread`, `is_held`, `has_failed`.
    """
    found = _among(condition(connection, criteria).condition, criteria, after, limit)
    query = _shown(connection).join(found, found.c.id == Conversation.id)
    return connection.execute(_latest_first(query, limit)).all()


def one(connection: Connection, conversation_id: uuid.UUID) -> Row[Any] | None:
    """One conversation as the list would show it."""
    query = _shown(connection).where(Conversation.id == conversation_id)
    return connection.execute(query).one_or_none()


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
) -> Sequence[Row[Any]]:
    """As `listing`, in the order of `all_ids`."""
    ids = all_ids(connection, criteria, after, limit)
    query = _shown(connection).where(among(connection, Conversation.id, ids))
    return connection.execute(query.order_by(Conversation.id.desc())).all()


def _every(connection: Connection, criteria: ConversationFilter) -> ColumnElement[bool]:
    asked = condition(connection, criteria).condition
    if not criteria.states:
        return asked
    states = among(connection, Conversation.state, set(criteria.states))
    return asked & states & Conversation.closed_at.is_(None)


def _shown(connection: Connection) -> Select[Any]:
    last_id = _of_conversation(select(func.max(Message.id))).scalar_subquery()
    has_failed = _of_conversation(select(Message.id)).where(text(f"message.{FAILED_SQL}")).exists()
    return (
        select(
            TABLE,
            Contact.phone,
            Contact.name,
            Contact.key,
            func.substr(Message.body, 1, _GIST).label("last_body"),
            *(
                getattr(Message, name).label(f"last_{name}")
                for name in ("direction", "kind", "author", "status", "error", "error_code")
            ),
            Message.media.label("last_media"),
            literal_column(f"({IS_UNREAD})", Boolean).label("is_unread"),
            is_held(connection).label("is_held"),
            has_failed.label("has_failed"),
        )
        .join(Contact, Contact.id == Conversation.contact_id)
        .outerjoin(Message, Message.id == last_id)
    )


def _of_conversation(query: Select[Any]) -> Select[Any]:
    return query.where(Message.conversation_id == Conversation.id).correlate(Conversation)


def _latest_first(query: Select[Any], limit: int) -> Select[Any]:
    return query.order_by(Conversation.last_message_at.desc(), Conversation.id.desc()).limit(limit)


def _among(
    asked: ColumnElement[bool], criteria: ConversationFilter, after: Place | None, limit: int
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


def _is_before(place: Place) -> ColumnElement[bool]:
    moment, conversation_id = place
    there = tuple_(
        literal(moment, Conversation.last_message_at.type),
        literal(conversation_id, Conversation.id.type),
    )
    return tuple_(Conversation.last_message_at, Conversation.id) < there
