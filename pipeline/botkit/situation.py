"""Situation: all that a bot knows in one turn, and what `Bot.respond` makes an Outcome of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from pipeline.conversation.attributes import AttributeChanges, apply, named
from pipeline.conversation.reactions import Latest
from pipeline.conversation.turns import Choice, TurnCause
from pipeline.enums import Direction
from pipeline.errors import BotError
from pipeline.jsons import JsonObject
from pipeline.messages import Channel


@dataclass(frozen=True, slots=True)
class ContactView:
    """The contact, as a bot sees them; `phone` is None if the provider sends no number.

    `attributes` are JSON values that stay with the contact, whatever the conversation. Changes of a
    turn are saved with it.
    """

    id: str
    phone: str | None = None
    name: str = ""
    attributes: JsonObject = field(default_factory=dict)

    def changed(self, changes: AttributeChanges) -> "ContactView":
        """The contact after a turn that changed these attributes."""
        if not changes:
            return self
        name = named(self.name, changes)
        return ContactView(self.id, self.phone, name, apply(self.attributes, changes))


@dataclass(frozen=True, slots=True)
class PastMessage:
    """A message of the conversation; `author` is contact, bot or an operator."""

    direction: Direction
    author: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class TurnError:
    """Why a turn failed; as text it is the exception in one line.

    `attempt` counts from 1. After the last one the turn is parked until an operator retries it.
    """

    exception: BaseException
    attempt: int
    is_last: bool

    @classmethod
    def of(cls, error: BaseException, attempt: int, *, is_last: bool) -> Self:
        """Of what an attempt raised: the exception is that of the author's own code."""
        cause = error.__cause__ if isinstance(error, BotError) else None
        return cls(cause or error, attempt, is_last)

    def __str__(self) -> str:
        return f"{type(self.exception).__name__}: {self.exception}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """All that a bot knows in one turn. `data` is never changed; `state` may not be in the code.

    `memory` is the kit's own, from the last Outcome, {} at first. `received_at` is when the message
    arrived and `last_received_at` when the one before it did, if that is known. `sent` returns the
    latest messages to the contact, the newest first.
    """

    cause: TurnCause
    contact: ContactView
    channel: Channel
    state: str
    data: Mapping[str, Any]
    choices: tuple[Choice, ...]
    now: datetime
    idempotency_key: str
    history: Callable[[int], Sequence[PastMessage]]
    memory: Mapping[str, Any] = field(default_factory=dict)
    received_at: datetime | None = None
    last_received_at: datetime | None = None
    sent: Latest = lambda: ()
