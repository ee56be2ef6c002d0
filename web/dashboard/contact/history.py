"""The data of a contact's page: attributes, conversations, and messages across all of them."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from pipeline.conversation.consent import EVERYWHERE, is_opted_out
from pipeline.providers.addresses import UNREACHABLE, is_reachable, usual_channels
from pipeline.queries import contacts, resending, transcript
from pipeline.queries import conversations as queries
from pipeline.queries.contacts import KnownContact
from pipeline.queries.conversations import ListedConversation
from pipeline.queries.filter import ConversationFilter
from pipeline.queries.resending import Again
from pipeline.records.core import conversations as records
from pipeline.records.core.conversation_rows import ConversationRow
from pipeline.records.core.messages import MessageRow
from web.services import here

SHOWN = 60
LISTED = 30


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One line of the message history; sort is day, conversation (a heading) or message.

    `quoted` is the message that this one answers or reacts to.
    """

    sort: str
    at: datetime
    row: MessageRow | None = None
    conversation: ListedConversation | ConversationRow | None = None
    quoted: MessageRow | None = None
    again: Again | None = None


@dataclass(frozen=True, slots=True)
class OptOut:
    """An opt-out of the contact: where it counts (`scope`), in parts, and since when."""

    scope: str
    channel: str
    our_number: str
    at: datetime


@dataclass(frozen=True, slots=True)
class History:
    """`conversations` are the latest ones, `open` the open ones; `earlier` is the cursor of
    earlier messages; `channels` are those an operator can use, the likeliest first, and
    `is_opted_out` says that the contact opted out of all of them. `unreachable` says why nothing
    can be sent on any of them, or "".
    """

    contact: KnownContact
    totals: contacts.Totals
    conversations: tuple[ListedConversation, ...]
    open: tuple[ConversationRow, ...]
    opt_outs: tuple[OptOut, ...]
    channels: tuple[str, ...]
    is_opted_out: bool
    unreachable: str
    lines: tuple[HistoryLine, ...]
    earlier: int | None


def history(
    connection: Connection, contact_id: uuid.UUID, before: int | None, our_number: str
) -> History:
    """The latest messages of a contact, or those before a message. Raises NotFound.

    `our_number` is the one for new conversations.
    """
    contact = contacts.known(connection, contact_id)
    said = transcript.latest_of_contact(connection, contact_id, before, SHOWN + 1)
    shown = said[-SHOWN:]
    listed = queries.listing(connection, ConversationFilter(contact_id=contact_id), None, LISTED)
    possible = _channels(contact, listed)
    usable = tuple(c for c in possible if not _is_out(contact, listed, c, our_number))
    return History(
        contact=contact,
        totals=contacts.totals(connection, contact_id),
        conversations=tuple(listed),
        open=tuple(records.open_of(connection, [contact_id])),
        opt_outs=tuple(_opt_outs(contact)),
        channels=usable or possible,
        is_opted_out=not usable,
        unreachable=_why_unreachable(contact, possible),
        lines=tuple(_lines(connection, shown)),
        earlier=shown[0].id if len(said) > SHOWN else None,
    )


def _lines(connection: Connection, said: Sequence[MessageRow]) -> Iterator[HistoryLine]:
    """Messages in order, with a line for each new day and each change of conversation."""
    ids = {row.conversation_id for row in said if row.conversation_id}
    among = records.by_ids(connection, ids)
    quoted = transcript.quoted_by(connection, said)
    runtime = here().runtime
    now = runtime.database.now(connection)
    again = resending.assess_lines(connection, said, runtime.provider, now)
    day: date | None = None
    conversation: ConversationRow | ListedConversation | None = None
    for row in said:
        if row.created_at.date() != day:
            day = row.created_at.date()
            yield HistoryLine("day", row.created_at)
        # Messages outside any conversation, as a STOP, are shown with the others.
        belongs_to = row.conversation_id and among.get(row.conversation_id)
        if belongs_to and belongs_to != conversation:
            conversation = belongs_to
            yield HistoryLine("conversation", row.created_at, conversation=conversation)
        answered, failed = quoted.get(row.content.get("reply_to", "")), again.get(row.id)
        yield HistoryLine("message", row.created_at, row, conversation, answered, failed)


def _why_unreachable(contact: KnownContact, channels: Sequence[str]) -> str:
    where = contact.phone or contact.key
    return "" if any(is_reachable(channel, where) for channel in channels) else UNREACHABLE


def _opt_outs(contact: KnownContact) -> Iterator[OptOut]:
    for scope, at in contact.opt_outs.items():
        channel, _, our_number = scope.partition(" ")
        is_place = scope != EVERYWHERE
        since = datetime.fromisoformat(at)
        yield OptOut(scope, channel if is_place else "", our_number, since)


def _is_out(
    contact: KnownContact, listed: Sequence[ListedConversation], channel: str, our_number: str
) -> bool:
    """Whether the contact opted out of the number that a message on this channel would be from."""
    numbers = [row.our_number for row in listed if row.channel == channel]
    return is_opted_out(contact.opt_outs, channel, next(iter(numbers), our_number))


def _channels(contact: KnownContact, listed: Sequence[ListedConversation]) -> tuple[str, ...]:
    """Those that an operator can use, the one used last first."""
    used = [row.channel for row in listed]
    return tuple(dict.fromkeys([*used[:1], *usual_channels(contact.key, contact.phone), *used]))
