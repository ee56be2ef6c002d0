"""One turn of a bot: Situation goes in, the author sees a Turn, Outcome comes out.

The engine makes a Situation, `run` leads the author's functions through it, and the engine records
the Outcome. Nothing here sends, stores or waits.
"""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from pipeline.botkit.choices import Choice, picked, plain, whole_words
from pipeline.botkit.data import copied
from pipeline.botkit.kinds import Content, Reply, offered, render
from pipeline.errors import BotError
from pipeline.messages import Channel, Inbound, storable

Via = Literal["return", "then", "command", "fallback", "timeout", "renamed"]


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
class Heard:
    """The contact wrote or tapped."""

    message: Inbound


@dataclass(frozen=True, slots=True)
class Reminded:
    """A timer is due, a state's timeout or a `turn.remind`; the talk goes `to` that state."""

    to: str


@dataclass(frozen=True, slots=True)
class Entered:
    """An operator put the talk into its state by hand; a SEND-state runs now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """All that a bot may know in one turn. `data` is never changed; `state` may be unknown."""

    cause: Heard | Reminded | Entered
    contact: ContactView
    channel: Channel
    state: str
    data: Mapping[str, Any]
    choices: tuple[Choice, ...]
    now: datetime
    idempotency_key: str
    history: Callable[[int], Sequence[PastMessage]]


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
    how long without another turn, and to which state. `is_unknown_state`: the stored state is not
    in the code, which somebody should hear of.
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


@dataclass(slots=True)
class Effects:
    """What the author's functions have asked for so far in this turn."""

    state: str
    replies: list[Reply] = field(default_factory=list)
    reminders: list[Reminder] = field(default_factory=list)
    choices: tuple[Choice, ...] | None = None
    hand_over: str | None = None
    is_ended: bool = False


class Turn:
    """What a handler is given. Reading is free; `say` and the like are done after it returns.

    `data` is a dict of JSON values that lasts as long as the conversation. `message.text` is ""
    when there is none; `message.button_id` is set by a tap and by a number or title that answers
    Buttons. `idempotency_key` is the same when this turn is run again after a fault.
    """

    __slots__ = (
        "_effects", "_hint", "_history", "_plain", "_states",
        "channel", "contact", "data", "idempotency_key", "message", "now",
    )  # fmt: skip

    def __init__(
        self, situation: Situation, effects: Effects, *, states: Container[str], hint: str
    ) -> None:
        self.contact = situation.contact
        self.channel = situation.channel
        self.now = situation.now
        self.idempotency_key = situation.idempotency_key
        self.message = _message(situation)
        self.data: dict[str, Any] = copied(situation.data) if situation.data else {}
        self._history = situation.history
        self._plain: str | None = None
        self._effects = effects
        self._states = states
        self._hint = hint

    @property
    def state(self) -> str:
        """The state whose handler runs; return a name from the handler to change it."""
        return self._effects.state

    def says(self, word: str, *others: str) -> bool:
        """Whether the contact's text is, or has in it, one of these words or phrases."""
        if self._plain is None:
            self._plain = plain(self.message.text)
        return whole_words((word, *others)).search(self._plain) is not None

    def picked(self, choice_id: str) -> bool:
        """Whether the contact tapped this button, or answered with its number or title."""
        return self.message.button_id == choice_id

    def history(self, count: int) -> Sequence[PastMessage]:
        """The last `count` messages with this contact, oldest first, without this turn's own."""
        return self._history(count)

    def say(self, *contents: Content) -> None:
        """Say texts and other kinds; choices and links right after a text stand under it."""
        self._effects.replies += render(contents, self._hint, self.channel)
        if choices := offered(contents):
            self._effects.choices = choices

    def remind(self, after: timedelta, state: str) -> None:
        """Go to `state` when `after` has passed, unless the talk has moved on by then."""
        if after <= timedelta(0):
            raise BotError(f"remind() needs a time to come, not {after}")
        if state not in self._states:
            raise BotError(f"remind() names {state!r}, which is no state of this bot")
        self._effects.reminders.append(Reminder(after, state))

    def hand_over(self, reason: str) -> None:
        """Ask for a human; the bot keeps silent until an operator gives the talk back."""
        if not reason.strip():
            raise BotError("hand_over() needs a reason for the operator to read")
        self._effects.hand_over = storable(reason)

    def end(self) -> None:
        """Close this conversation; the contact's next message begins a new one."""
        self._effects.is_ended = True


def _message(situation: Situation) -> Inbound:
    """The message heard, with the choice it picks filled in; an empty one for other causes."""
    if not isinstance(situation.cause, Heard):
        return Inbound("", "", "", situation.channel, "", "")
    message = situation.cause.message
    button_id = picked(message, situation.choices)
    return message if button_id == message.button_id else replace(message, button_id=button_id)
