"""Compares what contacts write: texts without case and punctuation, answers with choices."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from pipeline.conversation.turns import Choice
from pipeline.messages import Inbound

# Characters that phones add to digits and words: zero width, direction, emoji style, keycap.
_INVISIBLE = dict.fromkeys(
    map(
        ord,
        "\u200b\u200c\u200e\u200f\u2060\u20e3\ufe0f\ufeff"
        "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
    )
)
# What casefold leaves of Turkish letters; with this "I" and "İ" are both "i".
_TURKISH = {ord("ı"): "i", 0x307: None}
_NUMBER = re.compile(r"[(#]?(\d{1,2})[).:]?")


def normalize(text: str) -> str:
    """`text` for comparison: lower case, single spaces, plain widths, no punctuation at the end."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_INVISIBLE)
        # casefold decomposes some letters.
        text = unicodedata.normalize("NFKC", text.casefold()).translate(_TURKISH)
    words = " ".join(text.casefold().split())
    return words.rstrip(" .!?") or words


def match_choice(message: Inbound, choices: Sequence[Choice]) -> str:
    """The id of the choice that `message` means, or "": a tap, else a title, else a number."""
    if message.button_id or not choices or not message.text:
        return message.button_id
    said = normalize(message.text)
    for choice in choices:
        if normalize(choice.title) == said:
            return choice.id
    return _match_number(said, choices)


def _match_number(said: str, choices: Sequence[Choice]) -> str:
    if not said.isascii():
        # Unlike int(), this also reads digits that are not decimal, such as Ethiopic ones.
        said = "".join(str(unicodedata.digit(character, character)) for character in said)
    found = _NUMBER.fullmatch(said)
    number = int(found[1]) if found else 0
    return next((choice.id for choice in choices if choice.number == number), "")


@lru_cache(maxsize=1024)
def phrase_pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """A pattern that finds any of these words or phrases, as whole words, in a normalized text."""
    either = "|".join(re.escape(said) for word in words if (said := normalize(word)))
    return re.compile(rf"(?<!\w)(?:{either})(?!\w)" if either else r"(?!)")
