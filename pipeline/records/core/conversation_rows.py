"""Conversations as they are read: the row, and the conversation in it for the rules."""

import uuid
from datetime import datetime
from typing import Any, NamedTuple

from pipeline.conversation import values
from pipeline.conversation.turns import Choice
from pipeline.enums import Holder
from pipeline.jsons import JsonObject
from pipeline.messages import Channel
from pipeline.records.base import short_repr


class ConversationRow(NamedTuple):
    """A conversation as it is read."""

    id: uuid.UUID
    contact_id: uuid.UUID
    channel: Channel
    our_number: str
    state: str
    state_seq: int
    data: JsonObject
    choices: list[Any]
    memory: JsonObject
    version: int
    holder: Holder
    held_by: str
    held_until: datetime | None
    opened_at: datetime
    last_message_at: datetime
    last_inbound_at: datetime | None
    read_at: datetime | None
    closed_at: datetime | None
    address: str | None

    def __repr__(self) -> str:
        """Without the body and the full number, so that no log can hold them."""
        return short_repr(self)


def parse(row: ConversationRow) -> values.Conversation:
    """The conversation in a row. Raises TypeError where its stored choices are damaged."""
    choices = tuple([Choice(*choice) for choice in row.choices])
    return _parse(row, choices)


def parse_for_operator(row: ConversationRow) -> values.Conversation:
    """The conversation in a row, without choices if they are damaged: an operator can move it."""
    try:
        return parse(row)
    except TypeError:
        return _parse(row, ())


def _parse(row: ConversationRow, choices: tuple[Choice, ...]) -> values.Conversation:
    return values.Conversation(
        row.id, row.contact_id, row.channel, row.our_number, row.state, row.state_seq, row.data,
        choices, row.memory, row.version, row.holder,
        row.held_by, row.held_until, row.opened_at, row.last_message_at, row.last_inbound_at,
        row.read_at, row.closed_at, row.address, False, row.state,
    )  # fmt: skip
