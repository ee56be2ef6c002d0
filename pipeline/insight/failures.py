"""Failures: turns that were given up and messages that did not arrive, until somebody saw to them.

Both lists read partial indexes, whatever the size of the log.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, literal, select, text, tuple_

from pipeline.records import messages as log
from pipeline.records.contacts import Contact
from pipeline.records.inbox import PARKED_SQL, Entry
from pipeline.records.messages import FAILED_SQL, Message

Place = tuple[datetime, int]


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


def messages(connection: Connection, after: Place | None, limit: int) -> Sequence[Row[Any]]:
    """Messages that failed, earlier than the one that `after` names, the latest first.

    Beside the columns of a message each has its contact's `phone`, `name` and `key`.
    """
    query = (
        select(log.TABLE, Contact.phone, Contact.name, Contact.key)
        .join(Contact, Contact.id == Message.contact_id)
        .where(text(f"message.{FAILED_SQL}"))
    )
    if after:
        moment, message_id = after
        place = tuple_(
            literal(moment, Message.failed_at.type), literal(message_id, Message.id.type)
        )
        query = query.where(tuple_(Message.failed_at, Message.id) < place)
    newest = query.order_by(Message.failed_at.desc(), Message.id.desc())
    return connection.execute(newest.limit(limit)).all()
