"""What the kinds of a bot's words are rendered into, and for what screen.

Each kind renders itself (`rendered`); `kinds` goes through what one `say` was given.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.botkit.content.splitting import LONGEST_BODY, split, units
from pipeline.conversation.turns import Reply
from pipeline.errors import BotError
from pipeline.messages import Channel, storable

# The text over buttons, lists and links: https://www.twilio.com/docs/content/twilio-quick-reply
LONGEST_OVER_TAPS = 1024
# Less than this over the taps is no text; the list alone is too long then, and is cut.
_SHORTEST_OVER_TAPS = 100


@dataclass(frozen=True, slots=True)
class Screen:
    """Where the contact reads; `hint` is the line under a numbered list."""

    channel: Channel
    hint: str

    @property
    def has_taps(self) -> bool:
        """Whether choices and links can be tapped there."""
        return self.channel == "whatsapp"

    def parts(self, text: str, limit: int = LONGEST_BODY) -> list[str]:
        """`text` in parts of at most `limit`; by SMS, those that cost the fewest segments."""
        return split(text, limit, is_sms=self.channel == "sms")

    def texts(self, text: str) -> list[Reply]:
        """A text as messages of their own; none for an empty one."""
        return [Reply("text", part) for part in self.parts(text)] if text else []

    def under(self, above: str, below: str, kind: str, content: Mapping[str, Any]) -> list[Reply]:
        """A text with something readable under it, as one message where that fits."""
        *firsts, last = self.parts(f"{above}\n\n{below}" if above else below)
        return [*(Reply("text", part) for part in firsts), Reply(kind, last, (), content)]

    def over_taps(
        self, above: str, below: str, kind: str, content: Mapping[str, Any]
    ) -> list[Reply]:
        """A text over taps; `below` stands in for the taps where they cannot be shown."""
        room = max(_SHORTEST_OVER_TAPS, LONGEST_BODY - units(below) - 2)
        *firsts, last = self.parts(above, min(room, LONGEST_OVER_TAPS))
        plain = f"{last}\n\n{below}"
        return [
            *(Reply("text", part) for part in firsts),
            Reply(kind, last, (), {**content, "plain": plain}),
        ]


def words(text: object, what: str, most: int = 0, page: str = "") -> str:
    """`text` on one line. Raises BotError that names `what` if it is empty or longer than `most`.

    `page` is where the limit comes from.
    """
    if not isinstance(text, str):
        raise BotError(f"{what} must be a text, not {text!r}")
    line = storable(" ".join(text.split()))
    if not line:
        raise BotError(f"{what} is empty")
    if most and len(line) > most:
        raise BotError(f"{what} has {len(line)} characters; at most {most} fit ({page}): {line!r}")
    return line


def address(url: object, what: str = "a file to send") -> str:
    """An http(s) address. Raises BotError for any other."""
    if not isinstance(url, str) or not url.startswith(("https://", "http://")):
        raise BotError(f"{what} needs an http(s) address, not {url!r}")
    return url
