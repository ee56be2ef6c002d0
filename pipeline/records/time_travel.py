"""Moves one contact's history back, as if time had passed for them: the simulator's clock."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select

from pipeline.conversation.values import Contact
from pipeline.enums import Direction
from pipeline.jsons import JsonObject
from pipeline.records import bulk
from pipeline.records.base import Record, UtcDateTime
from pipeline.records.core import contacts, conversations, leases
from pipeline.records.core.contacts import Contact as ContactRow
from pipeline.records.core.conversations import Conversation as ConversationRow
from pipeline.records.core.inbox import Entry
from pipeline.records.core.lanes import Lane
from pipeline.records.core.messages import Message
from pipeline.records.core.timers import Timer
from pipeline.records.core.transitions import Transition

_AT_ONCE = 500


def move_back(connection: Connection, contact: Contact, by: timedelta) -> None:
    """Move every time in a contact's history back; locks are acquired in the usual order."""
    leases.lock(connection, Direction.INBOUND, [contact.key])
    _lanes(connection, contact.key, Direction.INBOUND, by)
    _entries(connection, contact.key, by)
    talks = _ids(connection, ConversationRow, ConversationRow.contact_id == contact.id)
    conversations.lock(connection, talks)
    for rows in _moved(connection, ConversationRow, ConversationRow.contact_id == contact.id, by):
        conversations.save(connection, rows)
    for table in (Timer, Transition):
        for rows in _moved(connection, table, table.conversation_id.in_(talks), by):
            bulk.change(connection, table, rows)
    leases.lock(connection, Direction.OUTBOUND, [contact.key])
    _lanes(connection, contact.key, Direction.OUTBOUND, by)
    for rows in _moved(connection, Message, Message.contact_id == contact.id, by):
        bulk.change(connection, Message, rows)
    contacts.lock(connection, contact.id)
    for rows in _moved(connection, ContactRow, ContactRow.id == contact.id, by):
        bulk.change(connection, ContactRow, rows)


def _lanes(connection: Connection, key: str, direction: str, by: timedelta) -> None:
    """What waits in back-off is tried sooner; a lane in work keeps its lease."""
    lane = (Lane.direction == direction, Lane.key == key)
    where = select(Lane.due_at).where(*lane, Lane.token.is_(None), Lane.due_at.is_not(None))
    due_at = connection.execute(where).scalar_one_or_none()
    if due_at:
        row = {"direction": direction, "key": key, "due_at": due_at - by}
        bulk.change(connection, Lane, [row], key=("direction", "key"))


def _entries(connection: Connection, key: str, by: timedelta) -> None:
    for rows in _moved(connection, Entry, Entry.lane == key, by, also=("kind", "payload")):
        for row in rows:
            kind = row.pop("kind")
            if kind == "timer":
                armed_at = datetime.fromisoformat(row["payload"]["armed_at"]) - by
                row["payload"] = {**row["payload"], "armed_at": armed_at.isoformat()}
        bulk.change(connection, Entry, rows)


def _ids(connection: Connection, table: type[Record], where: Any) -> list[Any]:
    return list(connection.execute(select(table.__table__.c.id).where(where)).scalars())


def _moved(
    connection: Connection,
    table: type[Record],
    where: Any,
    by: timedelta,
    also: Sequence[str] = (),
) -> Iterator[list[JsonObject]]:
    """Batches of rows with every moment earlier by so much."""
    columns = table.__table__.c
    moments = [column.name for column in columns if isinstance(column.type, UtcDateTime)]
    times = [column.name for column in columns if column.name == "status_times"]
    names = ["id", *moments, *times, *also]
    query = select(*(columns[name] for name in names)).where(where).order_by(columns.id)
    last: Any = None
    while True:
        page = query.where(columns.id > last) if last is not None else query
        found = connection.execute(page.limit(_AT_ONCE)).all()
        if found:
            yield [_earlier(row, moments, times, by) for row in found]
        if len(found) < _AT_ONCE:
            return
        last = found[-1].id


def _earlier(
    row: Row[Any], moments: Sequence[str], times: Sequence[str], by: timedelta
) -> JsonObject:
    values = row._asdict()
    for name in moments:
        values[name] = values[name] and values[name] - by
    for name in times:
        values[name] = {
            status: (datetime.fromisoformat(at) - by).isoformat()
            for status, at in values[name].items()
        }
    return values
