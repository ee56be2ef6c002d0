"""Which conversations are asked for: the filter of the list, of exports and of bulk changes."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    func,
    or_,
    select,
    true,
)

from pipeline.enums import Holder
from pipeline.jsons import JsonObject
from pipeline.providers.addresses import masked
from pipeline.queries import search
from pipeline.queries.narrow import Narrowed, narrowed
from pipeline.records.core.conversations import IS_NOT_WITH_BOT, IS_UNREAD, Conversation
from pipeline.records.core.inbox import HAS_FAILED_TURN, Entry
from pipeline.records.core.messages import HAS_FAILED, Message


@dataclass(frozen=True, slots=True)
class ConversationFilter:
    """Which conversations to list. States ask for open conversations: closed ones are in none.

    `words` are looked for in names, numbers and what was said; `since` (included) and `until`
    (excluded) are about the last message; `holder` is bot or operator.
    """

    words: str = ""
    states: tuple[str, ...] = ()
    channel: str = ""
    holder: Holder | None = None
    contact_id: uuid.UUID | None = None
    held_by: str = ""
    unread: bool = False
    failed: bool = False
    since: datetime | None = None
    until: datetime | None = None
    is_open: bool | None = None

    def for_audit(self) -> JsonObject:
        """The filter as the audit log may keep it: what was searched for may be a number."""
        told: JsonObject = {
            "states": list(self.states),
            "channel": self.channel,
            "holder": self.holder or "",
            "held_by": self.held_by,
            "unread": self.unread,
            "failed": self.failed,
            "words": masked(self.words) if self.words else "",
            "since": self.since.isoformat() if self.since else "",
            "until": self.until.isoformat() if self.until else "",
            "contact": str(self.contact_id or ""),
        }
        return {name: value for name, value in told.items() if value}


_FEW_FAILED = 5_000


def is_held(connection: Connection) -> ColumnElement[bool]:
    """An operator answers; a hold whose time has passed is the bot's turn again."""
    return and_(IS_NOT_WITH_BOT, or_(Conversation.held_until.is_(None), ~_is_over(connection)))


def _is_over(connection: Connection) -> ColumnElement[bool]:
    if connection.dialect.name == "sqlite":
        return Conversation.held_until <= func.strftime("%Y-%m-%d %H:%M:%f000", "now")
    return Conversation.held_until <= func.now()


def condition(connection: Connection, criteria: ConversationFilter) -> Narrowed:
    """What a conversation must be, but for its state, which has an index of its own."""
    found = [*_by_value(criteria), *_by_holder(connection, criteria), *_by_time(criteria)]
    if criteria.unread:
        found.append(IS_UNREAD)
    narrow = []
    if criteria.failed:
        narrow.append(_has_failed(connection))
    if criteria.words.strip():
        narrow.append(search.conversations(connection, criteria.words))
    whole = and_(true(), *(one.condition for one in narrow), *found)
    return Narrowed(whole, any(one.is_frequent for one in narrow))


def _has_failed(connection: Connection) -> Narrowed:
    """A message of it was not delivered, or a turn in it failed."""
    failed = select(Message.conversation_id).where(HAS_FAILED)
    own = Message.conversation_id == Conversation.id
    messages = narrowed(connection, Conversation.id, failed, own, few=_FEW_FAILED)
    shown = select(Entry.conversation_id).where(Entry.conversation_id.is_not(None), HAS_FAILED_TURN)
    own = Entry.conversation_id == Conversation.id
    turns = narrowed(connection, Conversation.id, shown, own, few=_FEW_FAILED)
    either = or_(messages.condition, turns.condition)
    return Narrowed(either, messages.is_frequent or turns.is_frequent)


def _by_value(criteria: ConversationFilter) -> Iterator[ColumnElement[bool]]:
    if criteria.channel:
        yield Conversation.channel == criteria.channel
    if criteria.contact_id:
        yield Conversation.contact_id == criteria.contact_id
    if criteria.held_by:
        yield Conversation.held_by == criteria.held_by


def _by_holder(
    connection: Connection, criteria: ConversationFilter
) -> Iterator[ColumnElement[bool]]:
    if criteria.holder == Holder.BOT:
        yield or_(Conversation.holder == Holder.BOT, _is_over(connection))
    elif criteria.holder or criteria.held_by:
        yield is_held(connection)


def _by_time(criteria: ConversationFilter) -> Iterator[ColumnElement[bool]]:
    if criteria.is_open is not None:
        closed_at = Conversation.closed_at
        yield closed_at.is_(None) if criteria.is_open else closed_at.is_not(None)
    if criteria.since:
        yield Conversation.last_message_at >= criteria.since
    if criteria.until:
        yield Conversation.last_message_at < criteria.until
