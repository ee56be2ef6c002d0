"""The simulator's clock: one contact's past is moved back, as if that time had passed for them.

Then time-outs fall due, WhatsApp's window closes and talks expire, while nobody else notices.
"""

import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select

from pipeline.enums import Direction
from pipeline.errors import ChangeRefused
from pipeline.override.subject import contact_of
from pipeline.records import Record, bulk
from pipeline.records.accounts import audit
from pipeline.records.base import UtcDateTime
from pipeline.records.core import contacts, conversations, leases
from pipeline.records.core.contacts import Contact
from pipeline.records.core.conversations import Conversation
from pipeline.records.core.inbox import Entry
from pipeline.records.core.lanes import Lane
from pipeline.records.core.messages import Message
from pipeline.records.core.timers import Timer
from pipeline.records.core.transitions import Transition
from pipeline.runtime import Runtime

LONGEST_SECONDS = 366 * 24 * 3600
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_AT_ONCE = 500


def elapse(runtime: Runtime, contact_id: uuid.UUID, seconds: int, *, actor: str) -> None:
    """Let time pass for one contact of the simulator; a turn in flight is run again.

    Whoever calls this moves due timers to the inbox (pipeline/sweep) and wakes converse.
    """
    if runtime.settings.provider != "simulator":
        raise ChangeRefused("Time can be moved in simulator mode only.")
    if not 1 <= seconds <= LONGEST_SECONDS:
        raise ChangeRefused(f"Time can be moved by 1 to {LONGEST_SECONDS} seconds.")
    by = timedelta(seconds=seconds)
    with runtime.database.write() as connection:
        now = runtime.database.now(connection)
        contact = contact_of(connection, contact_id)
        if contact.created_at - by < _EARLIEST:
            raise ChangeRefused("This contact's past reaches back far enough.")
        _move_back(connection, contact, by)
        audit.append(connection, now, actor, "elapse", str(contact_id), seconds=seconds)


def _move_back(connection: Connection, contact: Row[Any], by: timedelta) -> None:
    """In the order in which everybody takes locks."""
    leases.lock(connection, Direction.INBOUND, [contact.key])
    _lanes(connection, contact.key, Direction.INBOUND, by)
    _entries(connection, contact.key, by)
    talks = _ids(connection, Conversation, Conversation.contact_id == contact.id)
    conversations.lock(connection, talks)
    for rows in _moved(connection, Conversation, Conversation.contact_id == contact.id, by):
        conversations.save(connection, rows)
    for table in (Timer, Transition):
        for rows in _moved(connection, table, table.conversation_id.in_(talks), by):
            bulk.change(connection, table, rows)
    leases.lock(connection, Direction.OUTBOUND, [contact.key])
    _lanes(connection, contact.key, Direction.OUTBOUND, by)
    for rows in _moved(connection, Message, Message.contact_id == contact.id, by):
        bulk.change(connection, Message, rows)
    contacts.lock(connection, contact.id)
    for rows in _moved(connection, Contact, Contact.id == contact.id, by):
        bulk.change(connection, Contact, rows)


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
) -> Iterator[list[dict[str, Any]]]:
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
) -> dict[str, Any]:
    values = row._asdict()
    for name in moments:
        values[name] = values[name] and values[name] - by
    for name in times:
        values[name] = {
            status: (datetime.fromisoformat(at) - by).isoformat()
            for status, at in values[name].items()
        }
    return values
