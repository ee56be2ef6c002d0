"""The Renderer that contents use to make Replies for a channel, and checks of their texts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.botkit.content.splitting import LONGEST_BODY, split, units
from pipeline.conversation.turns import Reply
from pipeline.errors import BotError
from pipeline.messages import Channel, storable

# The text above buttons, lists and links: https://www.twilio.com/docs/content/twilio-quick-reply
LONGEST_OVER_TAPS = 1024
# A shorter text is useless; a list that leaves less room is too long itself, and is cut.
_SHORTEST_OVER_TAPS = 100


@dataclass(frozen=True, slots=True)
class Renderer:
    """Makes Replies for one channel; `hint` is the line below a numbered list."""

    channel: Channel
    hint: str

    @property
    def has_taps(self) -> bool:
        """Whether the channel shows choices and links to tap."""
        return self.channel == "whatsapp"

    def parts(self, text: str, limit: int = LONGEST_BODY) -> list[str]:
        """`text` in parts of up to `limit`; by SMS, those that cost the fewest segments."""
        return split(text, limit, is_sms=self.channel == "sms")

    def texts(self, text: str) -> list[Reply]:
        """A text as one or more messages; none for an empty text."""
        return [Reply("text", part) for part in self.parts(text)] if text else []

    def under(self, above: str, below: str, kind: str, content: Mapping[str, Any]) -> list[Reply]:
        """A text with another `below` it, as one message if both fit."""
        *firsts, last = self.parts(f"{above}\n\n{below}" if above else below)
        return [*(Reply("text", part) for part in firsts), Reply(kind, last, (), content)]

    def over_taps(
        self, above: str, below: str, kind: str, content: Mapping[str, Any]
    ) -> list[Reply]:
        """A text above taps; `below` replaces the taps if they cannot be shown."""
        room = max(_SHORTEST_OVER_TAPS, LONGEST_BODY - units(below) - 2)
        *firsts, last = self.parts(above, min(room, LONGEST_OVER_TAPS))
        plain = f"{last}\n\n{below}"
        return [
            *(Reply("text", part) for part in firsts),
            Reply(kind, last, (), {**content, "plain": plain}),
        ]


def single_line(text: object, what: str, most: int = 0, page: str = "") -> str:
    """`text` on one line. Raises BotError that names `what` if it is empty or longer than `most`.

    `page` documents the limit.
    """
    if not isinstance(text, str):
        raise BotError(f"{what} must be text, not {text!r}")
    line = storable(" ".join(text.split()))
    if not line:
        raise BotError(f"{what} is empty")
    if most and len(line) > most:
        raise BotError(f"{what} has {len(line)} characters; {most} fit ({page}): {line!r}")
    return line


def http_url(url: object, what: str = "a file to send") -> str:
    """An http(s) URL. Raises BotError for anything else."""
    if not isinstance(url, str) or not url.startswith(("https://", "http://")):
        raise BotError(f"{what} needs an http(s) URL, not {url!r}")
    return url
