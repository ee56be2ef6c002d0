"""Faults to order: which requests go wrong, how, and how often."""

import random
from dataclasses import dataclass, field, fields
from typing import Any, Self


@dataclass(slots=True)
class Knob:
    """One fault. It takes the create calls that match, `times` of them (None: all of them).

    `status` with `code` refuses without creating; `after_create` makes the message and then
    answers "reset", "500", "hang" or "no_sid" ("hang" with `hang_seconds`). `hang_seconds` alone
    is silence without creating; `latency_seconds` delays an answer that is otherwise right. `on` is
    the API that it is for: "messages" or "content".
    """

    to: str = ""
    sender: str = ""
    times: int | None = None
    chance: float = 1.0
    status: int = 0
    code: int = 0
    message: str = "Ordered by a test"
    retry_after: str = ""
    hang_seconds: float = 0.0
    latency_seconds: float = 0.0
    after_create: str = ""
    is_reset: bool = False
    body: str = ""
    on: str = "messages"

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """A knob from the control API; unknown names are an error."""
        known = {item.name for item in fields(cls)}
        if wrong := set(values) - known:
            raise ValueError(f"unknown: {sorted(wrong)}; known: {sorted(known)}")
        return cls(**values)

    def sent_messages(self, to: str, sender: str, draw: float) -> bool:
        """Whether this knob is for that call; counts it if so."""
        if self.times == 0 or draw >= self.chance:
            return False
        if (self.to and self.to != to) or (self.sender and self.sender != sender):
            return False
        if self.times is not None:
            self.times -= 1
        return True


@dataclass(slots=True)
class Knobs:
    """The knobs in the order they were set; the first that takes a call has it."""

    ordered: list[Knob] = field(default_factory=list)
    chance: random.Random = field(default_factory=lambda: random.Random(1))

    def pick(self, to: str, sender: str, on: str = "messages") -> Knob | None:
        """The fault for a call, or None."""
        if not self.ordered:
            return None
        fitting = (knob for knob in self.ordered if knob.on == on)
        return next((k for k in fitting if k.sent_messages(to, sender, self.chance.random())), None)
