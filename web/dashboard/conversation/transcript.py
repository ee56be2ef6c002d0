"""The data of a conversation's page: its messages, activity and contact."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from pipeline.enums import Direction
from pipeline.errors import NotFound
from pipeline.providers.base import UNLIMITED, Limits
from pipeline.queries import contacts, failures, resending, transcript
from pipeline.queries import conversations as queries
from pipeline.queries.conversations import ListedConversation
from pipeline.queries.failures import FailedTurn
from pipeline.queries.filter import ConversationFilter
from pipeline.queries.resending import Again
from pipeline.records.core import contacts as contact_records
from pipeline.records.core import timers
from pipeline.records.core.contacts import ContactRow
from pipeline.records.core.messages import MessageRow
from pipeline.records.core.timers import TimerRow
from pipeline.records.core.transitions import TransitionRow
from web.services import here

SHOWN = 60
_OTHERS = 8


@dataclass(frozen=True, slots=True)
class TranscriptLine:
    """One line of the transcript; sort is message, transition or day.

    `quoted` is the message that this one answers or reacts to. `again` says of a message that was
    not delivered whether it can be sent again.
    """

    sort: str
    at: datetime
    row: MessageRow | TransitionRow | None = None
    quoted: MessageRow | None = None
    again: Again | None = None


@dataclass(frozen=True, slots=True)
class Transcript:
    """`conversation` is a row of the list; `earlier` is the cursor of earlier messages.

    `failed_turns` are those that the bot has failed in and that nobody has dealt with.
    """

    conversation: ListedConversation
    contact: ContactRow
    lines: tuple[TranscriptLine, ...]
    steps: tuple[TransitionRow, ...]
    others: tuple[ListedConversation, ...]
    totals: contacts.Totals
    earlier: int | None
    failed_turns: tuple[FailedTurn, ...]
    timers: tuple[TimerRow, ...]
    is_window_refused: bool


def load_transcript(
    connection: Connection, conversation_id: uuid.UUID, before: int | None
) -> Transcript:
    """The latest messages of a conversation, or those before a message. Raises NotFound."""
    conversation = queries.one(connection, conversation_id)
    if conversation is None:
        raise NotFound("Conversation not found.")
    contact = contact_records.by_id(connection, conversation.contact_id)
    if contact is None:
        raise NotFound("Contact not found.")
    said = transcript.latest(connection, conversation_id, before, SHOWN + 1)
    shown = said[-SHOWN:]
    runtime = here().runtime
    provider, now = runtime.provider, runtime.database.now(connection)
    again = resending.assess_lines(connection, shown, provider, now)
    lines = _with_quotes(connection, shown, again)
    steps = transcript.steps(connection, conversation_id, SHOWN)
    others = queries.listing(connection, ConversationFilter(contact_id=contact.id), None, _OTHERS)
    return Transcript(
        conversation=conversation,
        contact=contact,
        lines=tuple(_lines(lines, steps, is_whole=len(said) <= SHOWN)),
        steps=tuple(steps[::-1]),
        others=tuple(row for row in others if row.id != conversation_id),
        totals=contacts.totals(connection, contact.id),
        earlier=shown[0].id if len(said) > SHOWN else None,
        failed_turns=failures.turns_of(connection, conversation_id, _OTHERS),
        timers=tuple(timers.pending_of(connection, conversation_id)),
        is_window_refused=resending.is_window_refused(connection, conversation, provider),
    )


def _with_quotes(
    connection: Connection, said: Sequence[MessageRow], again: Mapping[int, Again]
) -> list[TranscriptLine]:
    found = transcript.quoted_by(connection, said)

    def line(row: MessageRow) -> TranscriptLine:
        quoted = found.get(row.content.get("reply_to", ""))
        return TranscriptLine("message", row.created_at, row, quoted, again.get(row.id))

    return [line(row) for row in said]


def _lines(
    said: Sequence[TranscriptLine], steps: Sequence[TransitionRow], *, is_whole: bool
) -> Iterator[TranscriptLine]:
    """Messages and changes of state in order, with a line for each new day."""
    since = None if is_whole or not said else said[0].at
    moves = [TranscriptLine("transition", row.created_at, row) for row in steps if not _stays(row)]
    lines = [*said, *(line for line in moves if since is None or line.at >= since)]
    day = None
    # A turn's transition comes after its inbound messages and before its replies.
    for line in sorted(lines, key=_place):
        if line.at.date() != day:
            day = line.at.date()
            yield TranscriptLine("day", line.at)
        yield line


def _place(line: TranscriptLine) -> tuple[datetime, int]:
    if line.sort == "transition":
        return line.at, 1
    is_heard = isinstance(line.row, MessageRow) and line.row.direction == Direction.INBOUND
    return line.at, 0 if is_heard else 2


def _stays(step: TransitionRow) -> bool:
    return bool(step.from_state == step.to_state)


def window_left(transcript: Transcript, now: datetime, limits: Limits) -> timedelta | None:
    """The time left to reply freely; None on channels without such a limit."""
    conversation = transcript.conversation
    on_channel = limits.get(conversation.channel, UNLIMITED)
    heard_at = None if transcript.is_window_refused else conversation.last_inbound_at
    left = on_channel.time_left(heard_at, now)
    # In minutes, so that a live page does not change with every second.
    return left and timedelta(minutes=left // timedelta(minutes=1))
