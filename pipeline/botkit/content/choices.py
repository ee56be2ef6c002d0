"""What a contact may answer by number or by title, and which choice an answer means.

`kinds` makes the choices of a message; `turn` asks here what the next message picked.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from pipeline.conversation.turns import Choice
from pipeline.messages import Inbound

# Marks that phones put around a digit or a word: zero width, direction, emoji style, keycap.
_INVISIBLE = dict.fromkeys(
    map(
        ord,
        "\u200b\u200c\u200e\u200f\u2060\u20e3\ufe0f\ufeff"
        "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
    )
)
# What is left of Turkish letters when their case is folded: "I" and "İ" are both "i" then.
_TURKISH = {ord("ı"): "i", 0x307: None}
_NUMBER = re.compile(r"[(#]?(\d{1,2})[).:]?")


def plain(text: str) -> str:
    """`text` as it is compared: without case, surplus white space, odd widths, a final stop."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_INVISIBLE)
        # Folding takes some letters apart, as their capitals were written.
        text = unicodedata.normalize("NFKC", text.casefold()).translate(_TURKISH)
    words = " ".join(text.casefold().split())
    return words.rstrip(" .!?") or words


def picked(message: Inbound, choices: Sequence[Choice]) -> str:
    """The id of the choice that `message` means, or "": a tap, else a title, else a number."""
    if message.button_id or not choices or not message.text:
        return message.button_id
    said = plain(message.text)
    for choice in choices:
        if plain(choice.title) == said:
            return choice.id
    return _numbered(said, choices)


def _numbered(said: str, choices: Sequence[Choice]) -> str:
    if not said.isascii():
        # Also those that are no decimal digits, as the Ethiopic ones.
        said = "".join(str(unicodedata.digit(character, character)) for character in said)
    found = _NUMBER.fullmatch(said)
    number = int(found[1]) if found else 0
    return next((choice.id for choice in choices if choice.number == number), "")


@lru_cache(maxsize=1024)
def whole_words(words: tuple[str, ...]) -> re.Pattern[str]:
    """A pattern that finds any of `words` as whole words in a `plain` text."""
    either = "|".join(re.escape(said) for word in words if (said := plain(word)))
    return re.compile(rf"(?<!\w)(?:{either})(?!\w)" if either else r"(?!)")
