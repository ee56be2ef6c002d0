"""Debounce: whether messages in quick succession are a turn each, one turn, or only the last.

A state sets it with `awaits(debounce=...)`; the engine groups and joins the messages.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from pipeline.botkit.expected import NUMBER, display
from pipeline.enums import MessageKind
from pipeline.messages import Inbound

LONGEST_PAUSE = timedelta(minutes=1)
MOST_JOINED = 16


@dataclass(frozen=True, slots=True)
class Debounce:
    """EACH or LAST."""

    name: str


@dataclass(frozen=True, slots=True)
class Join:
    """Messages less than `seconds` apart are one turn: their texts as lines, all files."""

    seconds: float = 2.0


EACH = Debounce("each")
LAST = Debounce("last")

# Deprecated: its name before this release.
Burst = Debounce


class Arrival(NamedTuple):
    """A message that waits for its turn, and when it arrived."""

    message: Inbound
    at: datetime


def count_together(
    arrivals: Sequence[Arrival], policy: Debounce | Join, needs_own_turn: Callable[[Inbound], bool]
) -> int:
    """How many of the first messages form one turn; 0 if the first needs a turn of its own."""
    if policy == EACH:
        return 0
    count = 0
    for arrival in arrivals[:MOST_JOINED]:
        is_apart = count > 0 and not _follows(arrivals[count - 1], arrival, policy)
        if needs_own_turn(arrival.message) or is_apart:
            break
        count += 1
    return count


def _follows(before: Arrival, after: Arrival, policy: Debounce | Join) -> bool:
    said, more = before.message, after.message
    if (said.channel, said.recipient) != (more.channel, more.recipient):
        return False
    return not isinstance(policy, Join) or after.at - before.at <= timedelta(seconds=policy.seconds)


def combine(messages: Sequence[Inbound], policy: Debounce | Join) -> Inbound:
    """The one message that the bot receives for these."""
    return join_messages(messages) if isinstance(policy, Join) else messages[-1]


def debounce_problem(debounce: object) -> str:
    """What is wrong with a `debounce=`; "" for nothing."""
    if not isinstance(debounce, Debounce | Join):
        return f"debounce={display(debounce)} must be EACH, LAST or Join(seconds=2)"
    if not isinstance(debounce, Join):
        return ""
    if wrong := NUMBER.problem("debounce=Join(): seconds=", debounce.seconds):
        return wrong
    is_allowed = 0 < debounce.seconds <= LONGEST_PAUSE.total_seconds()
    return "" if is_allowed else f"Join(seconds=) must be more than 0 and up to {LONGEST_PAUSE}"


def join_messages(messages: Sequence[Inbound]) -> Inbound:
    """The last message with the texts and files of all of them."""
    texts = [message.text for message in messages if message.text]
    media = tuple(file for message in messages for file in message.media)
    return replace(
        messages[-1],
        text="\n".join(texts),
        media=media,
        kind=MessageKind.MEDIA if media else MessageKind.TEXT,
    )
