"""Finding: the place on the dashboard that an id in a log line leads to."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, select

from pipeline.enums import EntryStatus
from pipeline.records.base import count_up_to
from pipeline.records.core import contacts, inbox, messages, parked
from pipeline.records.core.conversations import Conversation
from pipeline.records.core.entries import EntryRow
from pipeline.records.core.inbox import Entry
from pipeline.records.core.messages import Message

_LARGEST = 2**63


class Place(NamedTuple):
    """Where to look: a failed turn, a message in its conversation, a conversation or a contact.

    `message` is its number and its id; `is_failed`: the turn is among the failures.
    """

    conversation_id: UUID | None = None
    contact_id: UUID | None = None
    message: tuple[int, UUID] | None = None
    turn_id: int = 0
    is_failed: bool = False


def place_of(connection: Connection, wanted: str) -> Place | None:
    """The place of a turn's number, one of our ids, or a message's id at the provider."""
    wanted = wanted.strip().removeprefix("#")
    if wanted.isascii() and wanted.isdecimal():
        return _of_turn(connection, int(wanted)) if 0 < int(wanted) < _LARGEST else None
    try:
        return _of_uuid(connection, UUID(wanted))
    except ValueError:
        return _of_provider_id(connection, wanted)


def _of_turn(connection: Connection, turn_id: int) -> Place | None:
    entry = inbox.by_id(connection, turn_id)
    if entry is None:
        return None
    query = select(
        Message.id, Message.public_id, Message.conversation_id, Message.contact_id
    ).where(Message.turn_id == turn_id, Message.ordinal == 0)
    is_failed = entry.status == EntryStatus.PARKED or parked.is_failing(connection, turn_id)
    if row := connection.execute(query).first():
        found = (row.id, row.public_id)
        return Place(row.conversation_id, row.contact_id, found, turn_id, is_failed)
    return Place(_conversation_of(entry), turn_id=turn_id, is_failed=is_failed)


def _conversation_of(entry: EntryRow) -> UUID | None:
    """That of a timer or an entry action."""
    try:
        return entry.conversation_id or UUID(entry.payload["conversation_id"])
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def has_newer(connection: Connection, conversation_id: UUID, message_id: int, number: int) -> bool:
    """Whether a conversation has at least so many messages after this one."""
    newer = select(Message.id).where(
        Message.conversation_id == conversation_id, Message.id > message_id
    )
    return count_up_to(connection, newer, number) == number


def _of_uuid(connection: Connection, wanted: UUID) -> Place | None:
    if message := messages.by_public_id(connection, wanted):
        found = (message.id, message.public_id)
        return Place(message.conversation_id, message.contact_id, found)
    if connection.execute(select(Conversation.id).where(Conversation.id == wanted)).first():
        return Place(wanted)
    return Place(contact_id=wanted) if contacts.by_id(connection, wanted) else None


def _of_provider_id(connection: Connection, wanted: str) -> Place | None:
    query = select(Message.id, Message.public_id, Message.conversation_id, Message.contact_id)
    # Not the bare column, whose index is over those that have an id.
    row = connection.execute(
        query.where(Message.provider_id == wanted, Message.provider_id.is_not(None)).limit(1)
    ).first()
    if row:
        return Place(row.conversation_id, row.contact_id, (row.id, row.public_id))
    entry = connection.execute(select(Entry.id).where(Entry.provider_id == wanted).limit(1)).first()
    return _of_turn(connection, entry.id) if entry else None
