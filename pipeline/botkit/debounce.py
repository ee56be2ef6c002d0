"""What becomes of messages that come in quick succession: a turn each, one for all, or the last.

`awaits(burst=...)` says which; the engine gathers them and joins what belongs together.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from pipeline.messages import Inbound

LONGEST_PAUSE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Burst:
    """EACH or LAST."""

    name: str


@dataclass(frozen=True, slots=True)
class Join:
    """Messages that come within `seconds` of each other are one turn: texts by lines, all files."""

    seconds: float = 2.0


EACH = Burst("each")
LAST = Burst("last")


def joined(messages: Sequence[Inbound]) -> Inbound:
    """One message of several texts and files: the last one's, with what all of them said."""
    texts = [message.text for message in messages if message.text]
    media = tuple(file for message in messages for file in message.media)
    return replace(
        messages[-1], text="\n".join(texts), media=media, kind="media" if media else "text"
    )
