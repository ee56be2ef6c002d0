"""Conversations as a list, the latest activity first, each with its contact's phone and name."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Subquery,
    literal,
    select,
    text,
    tuple_,
    union_all,
)

from pipeline.insight import search
from pipeline.records.contacts import Contact
from pipeline.records.conversations import TABLE, Conversation

Place = tuple[datetime, uuid.UUID]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which conversations to list. States ask for open conversations: closed ones are in none."""

    words: str = ""
    states: Sequence[str] = ()
    channel: str = ""
    holder: str = ""
    contact_id: uuid.UUID | None = None


def listing(
    connection: Connection, wanted: Wanted, after: Place | None, limit: int
) -> Sequence[Row[Any]]:
    """Conversations that are wanted, less recent than the one that `after` names."""
    found = _found(wanted, after, limit)
    query = _with_contact().join(found, found.c.id == Conversation.id)
    return connection.execute(_latest_first(query, limit)).all()


def one(connection: Connection, conversation_id: uuid.UUID) -> Row[Any] | None:
    """One conversation as the list would show it."""
    query = _with_contact().where(Conversation.id == conversation_id)
    return connection.execute(query).one_or_none()


def _with_contact() -> Select[Any]:
    return select(TABLE, Contact.phone, Contact.name).join(
        Contact, Contact.id == Conversation.contact_id
    )


def _latest_first(query: Select[Any], limit: int) -> Select[Any]:
    return query.order_by(Conversation.last_message_at.desc(), Conversation.id.desc()).limit(limit)


def _found(wanted: Wanted, after: Place | None, limit: int) -> Subquery:
    """The ids; each state is walked along its own index, so a rare state costs no scan."""
    query = select(Conversation.id).where(*_conditions(wanted, after))
    if wanted.words:
        query = query.join(Contact, Contact.id == Conversation.contact_id)
    if not wanted.states:
        return _latest_first(query, limit).subquery()
    open_ones = query.where(Conversation.closed_at.is_(None))
    branches = [
        select(_latest_first(open_ones.where(Conversation.state == state), limit).subquery())
        for state in dict.fromkeys(wanted.states)
    ]
    return union_all(*branches).subquery()


def _conditions(wanted: Wanted, after: Place | None) -> list[ColumnElement[bool] | Any]:
    conditions: list[ColumnElement[bool] | Any] = search.who(wanted.words)
    if wanted.channel:
        conditions.append(Conversation.channel == wanted.channel)
    if wanted.contact_id:
        conditions.append(Conversation.contact_id == wanted.contact_id)
    if wanted.holder == "bot":
        conditions.append(Conversation.holder == "bot")
    elif wanted.holder:
        # Literally, so that the partial index of held conversations serves.
        conditions.append(text("conversation.holder <> 'bot'"))
    if after:
        moment, conversation_id = after
        place = tuple_(
            literal(moment, Conversation.last_message_at.type),
            literal(conversation_id, Conversation.id.type),
        )
        conditions.append(tuple_(Conversation.last_message_at, Conversation.id) < place)
    return conditions
