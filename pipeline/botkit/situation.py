"""What a bot knows in one turn: a Situation, from which `Bot.respond` makes an Outcome."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pipeline.conversation.turns import Choice, TurnCause
from pipeline.messages import Channel


@dataclass(frozen=True, slots=True)
class ContactView:
    """The contact, as a bot may see them; `phone` is None where the provider gives no number."""

    id: str
    phone: str | None = None
    name: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PastMessage:
    """One message of the talk so far; `author` is contact, bot or an operator."""

    direction: Literal["inbound", "outbound"]
    author: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """All that a bot may know in one turn. `data` is never changed; `state` may be unknown.

    `memory` is what the kit itself noted with the last Outcome, {} in the beginning. `received_at`
    is when the message came and `last_received_at` when the one before it did, if that is known.
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
