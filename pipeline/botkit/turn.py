"""Turn: what a handler gets, to read the situation and to request replies, timers and the rest."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from typing import Any, Generic, Literal, Protocol, runtime_checkable

from typing_extensions import TypeVar

from pipeline.botkit.content.choices import match_choice, normalize, phrase_pattern
from pipeline.botkit.content.kinds import Content, Reply, choices_of, render
from pipeline.botkit.data import copy_json
from pipeline.botkit.expected import DURATION, display
from pipeline.botkit.situation import ContactView, PastMessage, Situation
from pipeline.conversation.consent import confirming
from pipeline.conversation.reactions import without_quotes
from pipeline.conversation.turns import Choice, Received, Reminder
from pipeline.errors import BotError
from pipeline.messages import Channel, Inbound, storable

Data = TypeVar("Data", default=dict[str, Any])


@dataclass(slots=True)
class PendingOutcome:
    """What the author's functions have requested so far in this turn.

    `flow` is the flow of the function that runs, `result` what the last flow returned.
    """

    state: str
    replies: list[Reply] = field(default_factory=list)
    reminders: list[Reminder] = field(default_factory=list)
    choices: tuple[Choice, ...] | None = None
    hand_over: str | None = None
    is_ended: bool = False
    opts_out: bool = False
    flow: str = ""
    result: Any = None


class BotInfo(Protocol):
    """What a turn needs to know of its bot."""

    @property
    def choices_hint(self) -> str: ...

    @property
    def zone(self) -> tzinfo: ...

    @property
    def flows(self) -> Mapping[str, str]: ...

    @property
    def list_states(self) -> Callable[[object], str]: ...

    @property
    def resolve(self) -> Callable[[object, str], str | None]: ...


@runtime_checkable
class FlowName(Protocol):
    """A flow, as `turn.call` accepts it."""

    @property
    def name(self) -> str: ...


class Jump(str):
    """What a handler returns to go back, to call a flow or to return from one.

    It is a str only so that handlers can be typed as returning one.
    """

    __slots__ = ("flow", "kind", "then", "value")

    kind: Literal["back", "call", "done"]
    flow: str
    then: str
    value: Any

    @classmethod
    def back(cls) -> "Jump":
        """To the AWAIT-state before this one."""
        return cls._make("back")

    @classmethod
    def call(cls, flow: str, then: str) -> "Jump":
        """Into `flow`, then to `then`."""
        return cls._make("call", flow, then)

    @classmethod
    def done(cls, value: Any) -> "Jump":
        """Out of the flow, with its result."""
        return cls._make("done", value=value)

    @classmethod
    def _make(
        cls,
        kind: Literal["back", "call", "done"],
        flow: str = "",
        then: str = "",
        value: Any = None,
    ) -> "Jump":
        jump = cls(f"turn.{kind}()")
        jump.kind, jump.flow, jump.then, jump.value = kind, flow, then, value
        return jump


class Turn(Generic[Data]):
    """What a handler gets. Replies and changes take effect when the turn is recorded.

    `data` lasts as long as the conversation: a dict of JSON values, or an instance of the bot's
    `data=`. `message.text` is "" for a message without text; `message.button_id` is set for a tap
    and for a number or title that answers Buttons. `contact.attributes` stay with the contact:
    JSON values that the handler may change. `now` has the bot's time zone.
    `idempotency_key` stays the same if this turn runs again after a failure.
    """

    __slots__ = (
        "_bot_info", "_hint", "_history", "_pending", "_plain", "_sent", "channel", "contact",
        "data", "idempotency_key", "message", "now",
    )  # fmt: skip

    data: Data

    def __init__(
        self, situation: Situation, pending: PendingOutcome, data: Data, bot_info: BotInfo
    ) -> None:
        self.contact: ContactView = _own_copy(situation.contact)
        self.channel: Channel = situation.channel
        self.now: datetime = situation.now.astimezone(bot_info.zone)
        self.idempotency_key = situation.idempotency_key
        self.message = _message(situation)
        self.data = data
        self._history = situation.history
        self._sent = situation.sent
        self._plain: str | None = None
        self._pending = pending
        self._bot_info = bot_info
        self._hint = bot_info.choices_hint

    @property
    def state(self) -> str:
        """The state whose handler runs; a handler changes it by returning another name."""
        return self._pending.state

    @property
    def result(self) -> Any:
        """What the last flow returned, until the next turn has run; else None."""
        return self._pending.result

    def says(self, word: str, *others: str) -> bool:
        """Whether the contact's text contains one of these words or phrases.

        What it quotes of your own messages does not count.
        """
        if self._plain is None:
            self._plain = normalize(without_quotes(self.message.text, self._sent))
        return phrase_pattern((word, *others)).search(self._plain) is not None

    def picked(self, choice_id: str) -> bool:
        """Whether the contact tapped this choice, or answered with its number or title."""
        return self.message.button_id == choice_id

    def history(self, count: int) -> Sequence[PastMessage]:
        """The last `count` messages with this contact before this turn, oldest first."""
        zone = self._bot_info.zone
        return [replace(past, at=past.at.astimezone(zone)) for past in self._history(count)]

    def say(self, *contents: Content) -> None:
        """Say texts and other contents; choices and links join the text before them."""
        self._pending.replies += render(contents, self._hint, self.channel)
        if choices := choices_of(contents):
            self._pending.choices = choices

    def remind(self, after: timedelta, state: str) -> None:
        """Move to `state` when `after` has passed, unless the state has changed by then."""
        if not isinstance(after, timedelta):
            raise BotError(f"remind() needs {DURATION.what}, not {display(after)}")
        if after <= timedelta(0):
            raise BotError(f"remind() needs a positive time, not {after}")
        target = self._bot_info.resolve(state, self._pending.flow)
        if target is None:
            raise BotError(f"remind() names {state!r}, which {self._unknown(state)}")
        self._pending.reminders.append(Reminder(after, target))

    def _unknown(self, state: object) -> str:
        return f"is not a state of this bot; the states are {self._bot_info.list_states(state)}"

    def hand_over(self, reason: str) -> None:
        """Ask for a person; the bot is paused until an operator hands the conversation back."""
        if not isinstance(reason, str) or not reason.strip():
            raise BotError("hand_over() needs a reason, which the operator reads")
        self._pending.hand_over = storable(reason)

    def opt_out(self) -> None:
        """Send this contact no more messages from this number, as after a STOP.

        What this turn has said so far is still sent, as the confirmation. START undoes it.
        """
        pending = self._pending
        pending.opts_out = True
        pending.replies[:] = [confirming(reply) for reply in pending.replies]

    def end(self) -> None:
        """Close this conversation; the contact's next message starts a new one."""
        self._pending.is_ended = True

    def back(self) -> str:
        """Return this to go back to the AWAIT-state before this one; up to 20 are remembered."""
        return Jump.back()

    def call(self, flow: FlowName | str, *, then: str) -> str:
        """Return this to run `flow`; its `turn.done(value)` leads to the state `then`."""
        name = flow if isinstance(flow, str) else flow.name
        if name not in self._bot_info.flows:
            raise BotError(f"call() names the flow {name!r}, which the bot lacks; bot.include() it")
        target = self._bot_info.resolve(then, self._pending.flow)
        if target is None:
            raise BotError(f"call() has then={then!r}, which {self._unknown(then)}")
        return Jump.call(name, target)

    def done(self, value: Any = None) -> str:
        """Return this to return from a flow: `turn.result` is `value` in the state that follows."""
        return Jump.done(value)


def _own_copy(contact: ContactView) -> ContactView:
    """The contact with attributes that the handler may change."""
    attributes = copy_json(contact.attributes) if contact.attributes else {}
    return ContactView(contact.id, contact.phone, contact.name, attributes)


def _message(situation: Situation) -> Inbound:
    """The message received, with the choice that it picks; an empty one for other causes."""
    if not isinstance(situation.cause, Received):
        return Inbound("", "", "", situation.channel, "", "")
    message = situation.cause.message
    button_id = match_choice(message, situation.choices)
    return message if button_id == message.button_id else replace(message, button_id=button_id)


# Answers what a bot's rules do not: any `async def responder(turn)` that returns a text, or None to
# leave the answer to the rules. `pipeline.botkit.llm` has one for language models.
Responder = Callable[[Turn], Coroutine[Any, Any, str | None]]
