"""Pending changes: what the turns of a lane, or an operator, want saved in one transaction.

pipeline/records/saving.py is the only place that makes rows of them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple, Self
from uuid import UUID

from pipeline.conversation.turns import Reply
from pipeline.conversation.values import Contact, Conversation
from pipeline.enums import Direction
from pipeline.ids import new_id
from pipeline.messages import Inbound, storable


class Failure(NamedTuple):
    """A turn that did not succeed; `is_final` parks its entries.

    `facts` are for the log of the process: the bot, its state, the line and the error, without
    what the contact wrote. `conversation_id` is where the failure is shown.
    """

    entry_ids: tuple[int, ...]
    attempt: int
    error: str
    is_final: bool
    facts: Mapping[str, str | int] = MappingProxyType({})
    conversation_id: UUID | None = None


@dataclass(slots=True)
class LoggedInbound:
    """A contact's message for the log, dated when it was received.

    `seen` are addresses to note on its channel, and when: those that are new in the conversation.
    """

    message: Inbound
    contact_id: UUID
    conversation_id: UUID | None
    turn_id: int
    created_at: datetime
    seen: tuple[tuple[str, datetime], ...] = ()

    @classmethod
    def of(
        cls,
        message: Inbound,
        contact_id: UUID,
        conversation: Conversation | None,
        turn_id: int,
        at: datetime,
    ) -> Self:
        """The message, to be noted before the conversation is changed."""
        where = conversation.id if conversation else None
        seen = tuple(_newly_seen(message, conversation, at))
        return cls(message, contact_id, where, turn_id, at, seen)

    @property
    def past(self) -> tuple[Direction, str, str]:
        """Direction, author and text, for a handler that asks for the history."""
        return Direction.INBOUND, "contact", self.message.text


def _newly_seen(
    message: Inbound, conversation: Conversation | None, at: datetime
) -> Iterator[tuple[str, datetime]]:
    """The addresses to note: where the contact wrote from, if it is not where they did before."""
    before = conversation.address if conversation else None
    if before == message.address:
        return
    if conversation and before and conversation.last_inbound_at:
        yield before, conversation.last_inbound_at
    for name in dict.fromkeys([message.address, *message.user_ids]):
        yield name, at


@dataclass(slots=True, kw_only=True)
class QueuedOutbound:
    """An outbound message for the log and the outbox."""

    contact_id: UUID
    conversation_id: UUID | None
    channel: str
    our_number: str
    provider: str
    author: str
    body: str
    created_at: datetime
    address: str | None = None
    kind: str = "text"
    media: list[dict[str, str]] = field(default_factory=list)
    content: Mapping[str, Any] = field(default_factory=dict)
    turn_id: int | None = None
    ordinal: int | None = None
    idempotency_key: str | None = None
    public_id: UUID = field(default_factory=new_id)

    @property
    def past(self) -> tuple[Direction, str, str]:
        """Direction, author and text, for a handler that asks for the history."""
        return Direction.OUTBOUND, self.author, self.body

    @classmethod
    def reply(
        cls,
        conversation: Conversation,
        reply: Reply,
        turn: tuple[int | None, int | None],
        provider: str,
        at: datetime,
    ) -> Self:
        """A reply of the bot; `turn` is the turn's id and the reply's number in it.

        What on_error says belongs to no turn: the turn it speaks of is still to come.
        """
        return cls(
            contact_id=conversation.contact_id,
            conversation_id=conversation.id,
            channel=conversation.channel,
            our_number=conversation.our_number,
            address=conversation.address,
            provider=provider,
            author="bot",
            kind=reply.kind,
            body=storable(reply.body),
            media=[{"url": url} for url in reply.media_urls],
            content=reply.content,
            created_at=at,
            turn_id=turn[0],
            ordinal=turn[1],
        )


class OptOut(NamedTuple):
    """An opt-out by the bot `bot`, on a channel and from one of our numbers."""

    channel: str
    our_number: str
    bot: str


@dataclass(slots=True)
class Pending:
    """Pending changes of one lane, `key`. `handled` are the entries whose turns have run.

    `opt_outs` are the places (see `scope`) where a turn of the bot opted the contact out.
    """

    key: str
    contact: Contact | None = None
    conversations: list[Conversation] = field(default_factory=list)
    log: list[LoggedInbound | QueuedOutbound] = field(default_factory=list)
    handled: list[int] = field(default_factory=list)
    failure: Failure | None = None
    opt_outs: list[OptOut] = field(default_factory=list)

    def open_on(self, channel: str, our_number: str) -> Conversation | None:
        """The open conversation on a channel and one of our numbers."""
        for one in self.conversations:
            if one.channel == channel and one.our_number == our_number and not one.closed_at:
                return one
        return None

    @property
    def sends(self) -> bool:
        """Whether the log contains an outbound message."""
        return any(type(item) is QueuedOutbound for item in self.log)
