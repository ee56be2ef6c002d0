"""What the rules of a conversation work on: the conversation, its contact, timers, transitions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol, Self
from uuid import UUID

from pipeline.conversation.attributes import AttributeChanges, apply, follow, named
from pipeline.conversation.turns import Choice, Via
from pipeline.enums import Cause, Holder, TimerKind
from pipeline.ids import new_id
from pipeline.jsons import JsonObject
from pipeline.messages import Inbound

# Those that count from the last turn in a state.
ALARMS = frozenset({TimerKind.TIMEOUT, TimerKind.NUDGE})
# Those that end when the state is left.
OF_STATE = ALARMS | {TimerKind.REMINDER}
EVERY_TIMER = frozenset(TimerKind)


class StateRules(Protocol):
    """What the rules need to know of a bot's state; alarms: kind, after how long, to which state"""

    @property
    def alarms(self) -> tuple[tuple[str, timedelta, str], ...]: ...

    @property
    def has_entry_action(self) -> bool: ...


class BotRules(Protocol):
    """What the rules need to know of a bot; `known` finds renamed states too."""

    @property
    def start(self) -> str: ...

    @property
    def first_memory(self) -> JsonObject: ...

    expires_after: timedelta | None

    def known(self, state: str) -> StateRules | None: ...


@dataclass(slots=True)
class Timer:
    """A timer that the stay `state_seq` in a state has armed, and the state it leads to."""

    kind: TimerKind
    to_state: str
    state_seq: int
    armed_at: datetime
    due_at: datetime


class Origin(NamedTuple):
    """The cause, actor, time and reason of a change to a conversation."""

    cause: Cause
    actor: str
    at: datetime
    bot_version: str = ""
    turn_id: int | None = None
    reason: str = ""


class Transition(NamedTuple):
    """One step from state to state."""

    from_state: str
    to_state: str
    origin: Origin
    data_before: Mapping[str, Any]
    data_after: Mapping[str, Any]
    via: Via | str = ""
    reason: str = ""


@dataclass(slots=True)
class Changes:
    """What has happened to a conversation and is not saved yet.

    `cancelled`: timers of these kinds that were armed before. `is_entry_due`: the state's entry
    action is to run now. `cancel_replies`: why the bot's queued replies must not go out, or "".
    """

    is_any: bool = False
    cancelled: frozenset[TimerKind] = frozenset()
    timers: list[Timer] = field(default_factory=list)
    transitions: list[Transition] = field(default_factory=list)
    is_entry_due: bool = False
    cancel_replies: str = ""


@dataclass(slots=True, eq=False)
class Contact:
    """Somebody who writes to us. `seen_at` is set when they wrote; `is_new` until saved.

    `changed` are the attributes that turns changed and that are not saved yet, `profile_name` what
    they call themselves if that is new.
    """

    id: UUID
    key: str
    phone: str | None
    name: str
    attributes: JsonObject
    opt_outs: JsonObject
    is_blocked: bool
    created_at: datetime
    last_seen_at: datetime | None = None
    is_new: bool = False
    seen_at: datetime | None = None
    changed: AttributeChanges = field(default_factory=dict)
    profile_name: str = ""

    @classmethod
    def new(cls, message: Inbound, at: datetime, key: str = "") -> Self:
        """The contact who sent `message`; `key` is that of its lane, if it has another."""
        key, phone = key or message.contact_key, message.phone
        return cls(new_id(), key, phone, "", {}, {}, is_blocked=False, created_at=at, is_new=True)

    @classmethod
    def at(cls, phone: str, at: datetime, key: str) -> Self:
        """The contact with this number and key, whom an operator adds."""
        return cls(new_id(), key, phone, "", {}, {}, is_blocked=False, created_at=at, is_new=True)

    def hear(self, message: Inbound, at: datetime) -> None:
        """Note when they wrote, and what they call themselves; an operator's name for them stays"""
        self.seen_at = at
        if "name" not in self.attributes and message.profile_name not in {"", self.name}:
            self.name = self.profile_name = message.profile_name

    def change_attributes(self, changes: AttributeChanges) -> None:
        """Change attributes as a turn of the bot wants it; "name" is what they are called."""
        if changes:
            self.changed = follow(self.changed, changes)
            self.attributes = apply(self.attributes, changes)
            self.name = named(self.name, changes)

    def copy(self) -> Self:
        """A copy to change."""
        return type(self)(
            self.id, self.key, self.phone, self.name, self.attributes, self.opt_outs,
            self.is_blocked, self.created_at, self.last_seen_at,
        )  # fmt: skip


@dataclass(slots=True, eq=False)
class Conversation:
    """A contact with one of our numbers, from opened to closed; change it by the rules only.

    `version` and `state_before` are those loaded: the first fences the saving. `state_seq` counts
    stays in states, so that a timer knows whether its own was left. `rearmed_at` is when a
    reminder's turn came back to its state and armed time-out and nudge anew, since it was loaded.
    `address` is where the contact wrote from last: replies go there. None: to the usual one.
    """

    id: UUID
    contact_id: UUID
    channel: str
    our_number: str
    state: str
    state_seq: int
    data: Mapping[str, Any]
    choices: tuple[Choice, ...]
    memory: Mapping[str, Any]
    version: int
    holder: Holder
    held_by: str
    held_until: datetime | None
    opened_at: datetime
    last_message_at: datetime
    last_inbound_at: datetime | None
    read_at: datetime | None = None
    closed_at: datetime | None = None
    address: str | None = None
    is_new: bool = False
    state_before: str = ""
    rearmed_at: datetime | None = None
    changes: Changes = field(default_factory=Changes)

    def is_held(self, at: datetime) -> bool:
        """Whether an operator answers, so that the bot is paused."""
        return self.holder != "bot" and (self.held_until is None or self.held_until > at)

    def is_expired(self, after: timedelta | None, at: datetime) -> bool:
        """Whether nothing was said for so long that a message opens a new conversation."""
        return after is not None and at - self.last_message_at > after

    def copy(self) -> Self:
        """A copy to change, without pending changes."""
        return type(self)(
            self.id, self.contact_id, self.channel, self.our_number, self.state, self.state_seq,
            self.data, self.choices, self.memory, self.version, self.holder, self.held_by,
            self.held_until, self.opened_at, self.last_message_at, self.last_inbound_at,
            self.read_at, self.closed_at, self.address, self.is_new, self.state_before,
        )  # fmt: skip
