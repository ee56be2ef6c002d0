"""Debounce: whether messages in quick succession are a turn each, one turn, or only the last.

A state sets it with `awaits(debounce=...)`; the engine groups and joins the messages.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from pipeline.enums import MessageKind
from pipeline.messages import Inbound

LONGEST_PAUSE = timedelta(minutes=1)


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
