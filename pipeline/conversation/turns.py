"""One turn as values: what caused it, and the outcome that the bot wants.

`Bot.respond` makes an Outcome; `rules.apply` changes the conversation accordingly.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

from pipeline.conversation.attributes import AttributeChanges
from pipeline.jsons import JsonObject
from pipeline.messages import Inbound

# A turn that failed so often is parked.
MAX_ATTEMPTS = 5

Via = Literal[
    "return",
    "then",
    "command",
    "reaction",
    "fallback",
    "timeout",
    "renamed",
    "back",
    "call",
    "done",
    "give_up",
    "hand_over",
    "error",
]


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of a numbered list; `number` starts at 1."""

    number: int
    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Reply:
    """One message to the contact, rendered for the channel; `body` fits into one send.

    `content` is JSON for providers and pages: `choices`, `name` of a document, `link` (url, title),
    `content_sid` and `content_variables` of a template. `taps` is how the channel displays the
    choices: as "buttons", as a "list" opened with `button`, or as a "link". `plain` is the body to
    send if the channel cannot display them.
    """

    kind: str
    body: str
    media_urls: tuple[str, ...] = ()
    content: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Received:
    """The contact wrote or tapped."""

    message: Inbound


@dataclass(frozen=True, slots=True)
class Reminded:
    """A time-out or a `turn.remind` is due; the conversation goes `to` that state."""

    to: str


@dataclass(frozen=True, slots=True)
class Entered:
    """An operator set the state; its entry action runs now."""


@dataclass(frozen=True, slots=True)
class Nudged:
    """The contact has been silent for the state's `nudge_after`; the state stays."""


TurnCause = Received | Reminded | Entered | Nudged


@dataclass(frozen=True, slots=True)
class Step:
    """One step from state to state, and what made it."""

    from_state: str
    to_state: str
    via: Via


@dataclass(frozen=True, slots=True)
class Reminder:
    """Go to state `to` after `after`, unless the conversation is in another state by then."""

    after: timedelta
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Everything that one turn wants to change; it is saved as a whole or not at all.

    `choices` are the choices that the next answer may pick. `timeout` belongs to the final state:
    after how long without another turn it applies, and which state it leads to. `nudge` is the
    time until the state's nudge. `is_unknown_state`: the bot's code lacks the stored state, which
    deserves an alert. `opts_out`: the contact gets no more messages from this number. `memory`
    belongs to the kit, for the next Situation. `keeps_timers`: the timers of time-out and nudge
    keep running. `attributes` are the contact's that it changed.
    """

    state: str
    data: JsonObject
    steps: tuple[Step, ...]
    replies: tuple[Reply, ...]
    reminders: tuple[Reminder, ...]
    choices: tuple[Choice, ...]
    timeout: tuple[timedelta, str] | None
    hand_over: str | None
    is_ended: bool
    is_unknown_state: bool
    memory: JsonObject = field(default_factory=dict)
    opts_out: bool = False
    nudge: timedelta | None = None
    keeps_timers: bool = False
    attributes: AttributeChanges = field(default_factory=dict)

    @property
    def moves(self) -> int:
        """How many steps left a state; a state under a new name is still the same."""
        return sum(step.via != "renamed" for step in self.steps)
