"""How many segments an SMS costs: GSM-7 or UCS-2, as carriers count.

https://www.twilio.com/docs/glossary/what-sms-character-limit, 3GPP TS 23.038.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# These need an escape before them.
_EXTENDED = frozenset("\f^{}\\[~]|€")
# The room of a single segment, and of one of several, which also has a header that joins them.
_ROOM = {"GSM-7": (160, 153), "UCS-2": (70, 67)}


@dataclass(frozen=True, slots=True)
class Segments:
    """`units` are septets in GSM-7 and 16-bit units in UCS-2; `room` is what `count` segments hold.

    `left` is what still goes into the last one. `special` are the characters that made it UCS-2,
    each once.
    """

    encoding: Literal["GSM-7", "UCS-2"]
    units: int
    count: int
    room: int
    special: str
    left: int


def segments(text: str) -> Segments:
    """What `text` comes to."""
    special = "".join(dict.fromkeys(c for c in text if c not in _BASIC and c not in _EXTENDED))
    encoding: Literal["GSM-7", "UCS-2"] = "UCS-2" if special else "GSM-7"
    sizes = [_units(character, is_gsm=not special) for character in text]
    units = sum(sizes)
    alone, joined = _ROOM[encoding]
    if units <= alone:
        return Segments(encoding, units, min(1, units), alone, special, alone - units)
    count, left = _filled(sizes, joined)
    return Segments(encoding, units, count, count * joined, special, left)


def _units(character: str, *, is_gsm: bool) -> int:
    is_double = character in _EXTENDED if is_gsm else character > "\uffff"
    return 2 if is_double else 1


def _filled(sizes: Sequence[int], room: int) -> tuple[int, int]:
    """How many segments these characters fill, none cut in two, and what is left of the last."""
    count, free = 1, room
    for size in sizes:
        if size > free:
            count, free = count + 1, room
        free -= size
    return count, free
