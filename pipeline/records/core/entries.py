"""Entries of the inbox as values, parsed once: at the claim."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row

from pipeline.conversation.values import Timer
from pipeline.enums import EntryKind, EntryStatus, TimerKind
from pipeline.jsons import JsonObject
from pipeline.messages import Inbound
from pipeline.records.base import short_repr

HEARD = frozenset({EntryKind.MESSAGE, EntryKind.LATE, EntryKind.RERUN, EntryKind.CONSENT})
# Messages that the bot answers.
ANSWERED = frozenset({EntryKind.MESSAGE, EntryKind.RERUN})


class EntryRow(NamedTuple):
    """An entry as an operator sees it."""

    id: int
    kind: EntryKind
    provider: str
    account_id: str
    provider_id: str
    lane: str
    payload: JsonObject
    status: EntryStatus
    attempts: int
    error: str
    received_at: datetime
    handled_at: datetime | None
    conversation_id: UUID | None

    def __repr__(self) -> str:
        """Without the body and the full number, so that no log can hold them."""
        return short_repr(self)


@dataclass(slots=True)
class DueTimer:
    """A timer that is due, and its conversation."""

    conversation_id: UUID
    timer: Timer


@dataclass(slots=True)
class OwedEntry:
    """An entry action to run, unless the conversation has left the stay `state_seq`."""

    conversation_id: UUID
    state_seq: int


@dataclass(slots=True, eq=False)
class Waiting:
    """One thing to take a turn on. `content` is the error where the stored one is damaged."""

    id: int
    kind: EntryKind
    provider: str
    account_id: str
    provider_id: str
    lane: str
    received_at: datetime
    handled_at: datetime | None
    content: Inbound | DueTimer | OwedEntry | Exception

    @property
    def message(self) -> Inbound:
        """The contact's message. Raises what is wrong with a damaged one."""
        if isinstance(self.content, Inbound):
            return self.content
        if isinstance(self.content, Exception):
            raise self.content
        raise TypeError(f"an entry of the kind {self.kind} has no message")


def parse(row: Row[Any] | EntryRow) -> Waiting:
    """The entry in a row of the inbox."""
    content: Inbound | DueTimer | OwedEntry | Exception
    try:
        content = _content(row.kind, row.payload)
    except Exception as error:  # noqa: BLE001 (whatever it is, only its own turn fails of it)
        content = error
    return Waiting(
        row.id, row.kind, row.provider, row.account_id, row.provider_id, row.lane,
        row.received_at, row.handled_at, content,
    )  # fmt: skip


def _content(kind: EntryKind, payload: JsonObject) -> Inbound | DueTimer | OwedEntry:
    if kind in HEARD:
        return Inbound.from_json(payload["message"])
    conversation_id, seq = UUID(payload["conversation_id"]), payload["state_seq"]
    if kind == EntryKind.ENTER:
        return OwedEntry(conversation_id, seq)
    armed_at = datetime.fromisoformat(payload["armed_at"])
    timer = Timer(_timer_kind(payload["name"]), payload["to_state"], seq, armed_at, armed_at)
    return DueTimer(conversation_id, timer)


def _timer_kind(name: str) -> TimerKind:
    """The kind of a timer; the release before this one wrote "give_back" and "remind:STATE"."""
    if name.startswith("remind:"):
        return TimerKind.REMINDER
    return TimerKind.RELEASE if name == "give_back" else TimerKind(name)
