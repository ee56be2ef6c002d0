"""Failures: turns that were given up and messages that did not arrive, until somebody saw to them.

Both lists read partial indexes, whatever the size of the log.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Select, literal, select, text, tuple_

from pipeline.records.base import count_up_to
from pipeline.records.core import messages as log
from pipeline.records.core.contacts import Contact
from pipeline.records.core.inbox import PARKED_SQL, Entry
from pipeline.records.core.messages import FAILED_SQL, Message

Place = tuple[datetime, int]
MOST = 10_000


@dataclass(frozen=True, slots=True)
class Counts:
    """How many parked turns and failed messages there are, each at most MOST + 1."""

    turns: int
    messages: int


def counts(connection: Connection, lane: str = "") -> Counts:
    """How much waits for somebody, of everybody or of one contact."""
    turns = select(Entry.id).where(text(f"inbox.{PARKED_SQL}"))
    if lane:
        turns = turns.where(Entry.lane == lane)
    messages = _of(select(Message.id), lane)
    return Counts(
        count_up_to(connection, turns, MOST + 1), count_up_to(connection, messages, MOST + 1)
    )


def turns(connection: Connection, after: int, limit: int, lane: str = "") -> Sequence[Row[Any]]:
    """Parked inbox entries that came later than `after`, in the order they came.

    Beside the columns of an entry each has its contact's `contact_id`, `phone` and `name`, if the
    contact is known.
    """
    query = (
        select(Entry.__table__, Contact.id.label("contact_id"), Contact.phone, Contact.name)
        .outerjoin(Contact, Contact.key == Entry.lane)
        .where(text(f"inbox.{PARKED_SQL}"), Entry.id > after)
    )
    if lane:
        query = query.where(Entry.lane == lane)
    return connection.execute(query.order_by(Entry.id).limit(limit)).all()


def messages(
    connection: Connection, after: Place | None, limit: int, lane: str = ""
) -> Sequence[Row[Any]]:
    """Messages that failed, earlier than the one that `after` names, the latest first.

    Beside the columns of a message each has its contact's `phone`, `name` and `key`.
    """
    query = _of(select(log.TABLE, Contact.phone, Contact.name, Contact.key), lane)
    if after:
        moment, message_id = after
        place = tuple_(
            literal(moment, Message.failed_at.type), literal(message_id, Message.id.type)
        )
        query = query.where(tuple_(Message.failed_at, Message.id) < place)
    newest = query.order_by(Message.failed_at.desc(), Message.id.desc())
    return connection.execute(newest.limit(limit)).all()


def in_order(connection: Connection, lane: str = "") -> list[UUID]:
    """The public ids of all messages that failed, or of one contact's, as they were said."""
    query = _of(select(Message.public_id), lane).order_by(Message.id)
    return list(connection.execute(query).scalars())


def _of(query: Select[Any], lane: str) -> Select[Any]:
    """Those that failed and wait for somebody, with their contacts; of one contact, if given."""
    query = query.join(Contact, Contact.id == Message.contact_id)
    query = query.where(text(f"message.{FAILED_SQL}"))
    return query.where(Contact.key == lane) if lane else query
