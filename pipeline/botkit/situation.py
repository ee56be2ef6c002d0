"""What goes into one turn and what comes out of it: the values between the kit and the engine.

The engine makes a Situation, `run` leads the author's functions through it, and the engine records
the Outcome. Nothing here sends, stores or waits.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from pipeline.botkit.content.choices import Choice
from pipeline.botkit.content.replies import Reply
from pipeline.messages import Channel, Inbound

Via = Literal[
    "return",
    "then",
    "command",
    "fallback",
    "timeout",
    "renamed",
    "back",
    "call",
    "done",
    "give_up",
    "hand_over",
]


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


@dataclass(frozen=True, slots=True)
class Received:
    """The contact wrote or tapped."""

    message: Inbound


@dataclass(frozen=True, slots=True)
class Reminded:
    """A timer is due, a state's timeout or a `turn.remind`; the talk goes `to` that state."""

    to: str


@dataclass(frozen=True, slots=True)
class Entered:
    """An operator set the state; its entry action runs now."""


@dataclass(frozen=True, slots=True)
class Nudged:
    """The contact has been silent for the state's `nudge_after`; the state stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """All that a bot may know in one turn. `data` is never changed; `state` may be unknown.

    `memory` is what the kit itself noted with the last Outcome, {} in the beginning. `received_at`
    is when the message came and `last_received_at` when the one before it did, if that is known.
    """

    cause: Received | Reminded | Entered | Nudged
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


@dataclass(frozen=True, slots=True)
class Step:
    """One move from state to state, and what made it."""

    from_state: str
    to_state: str
    via: Via


@dataclass(frozen=True, slots=True)
class Reminder:
    """Go to state `to` when `after` has passed, unless the talk has left its state by then."""

    after: timedelta
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """All that one turn wants done; the engine records it as a whole or not at all.

    `choices` are what the next answer may pick. `timeout` is that of the state we end in: after
    how long without another turn, and to which state; `nudge` is after how long it says a word.
    `is_unknown_state`: the stored state is not in the code, which somebody should hear of.
    `memory` is the kit's own, for the next Situation. `keeps_timers`: no timer is set or cancelled.
    """

    state: str
    data: dict[str, Any]
    steps: tuple[Step, ...]
    replies: tuple[Reply, ...]
    reminders: tuple[Reminder, ...]
    choices: tuple[Choice, ...]
    timeout: tuple[timedelta, str] | None
    hand_over: str | None
    is_ended: bool
    is_unknown_state: bool
    memory: dict[str, Any] = field(default_factory=dict)
    nudge: timedelta | None = None
    keeps_timers: bool = False

    @property
    def moves(self) -> int:
        """How many steps left a state; a state that bears another name now is still the same."""
        return sum(step.via != "renamed" for step in self.steps)
