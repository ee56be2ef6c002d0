"""Splits a text that is too long for one message, between paragraphs, sentences or words."""

import re
import unicodedata

from pipeline.segments import segments

# A longer body is refused on every channel: https://www.twilio.com/docs/api/errors/21617
# We count UTF-16 units, the strict reading of "characters": an emoji is two.
LONGEST_BODY = 1600

_PARAGRAPH = re.compile(r"\n\s*\n")
_LINE = re.compile(r"\n")
_SENTENCE = re.compile(r"(?<=[.!?…。！？])\s+")
_WORD = re.compile(r"\s+")
_ZERO_WIDTH_JOINER = "\u200d"
_LONGEST_CLUSTER = 64


def units(text: str) -> int:
    """How many UTF-16 units `text` has."""
    return len(text) + sum(character > "\uffff" for character in text)


def split(text: str, limit: int = LONGEST_BODY, *, is_sms: bool = False) -> list[str]:
    """`text` in parts of up to `limit` UTF-16 units; only white space at a cut is lost.

    `is_sms` also cuts before characters that GSM-7 lacks, if that saves segments.
    """
    if len(text) * 2 <= limit or (len(text) <= limit and text.isascii()):
        return [text]
    parts = []
    rest = text
    while (fitting := _fitting(rest, limit)) < len(rest):
        cut = _border(rest, fitting)
        if is_sms:
            cut = _cheaper(rest, cut)
        parts.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [part for part in (*parts, rest) if part] or [""]


def _cheaper(text: str, cut: int) -> int:
    """An earlier cut between words of the second half, if that saves segments; else `cut`."""
    special = segments(text[:cut]).special
    if not special:
        return cut
    first = min(text.index(character) for character in special)
    earlier = _border(text, first) if first > cut // 2 else 0
    if not 0 < earlier < cut or not text[earlier].isspace():
        return cut
    return earlier if _cost(text, earlier) < _cost(text, cut) else cut


def _cost(text: str, cut: int) -> int:
    return segments(text[:cut].rstrip()).count + segments(text[cut:].lstrip()).count


def _fitting(text: str, limit: int) -> int:
    """How many characters of `text` fit into `limit` UTF-16 units."""
    size = 0
    for count, character in enumerate(text[: limit + 1]):
        size += 2 if character > "\uffff" else 1
        if size > limit:
            return count
    return len(text)


def _border(text: str, fitting: int) -> int:
    """Where to cut: at a paragraph, line or sentence of the second half, else between words."""
    half = fitting // 2
    for pattern, earliest in ((_PARAGRAPH, half), (_LINE, half), (_SENTENCE, half), (_WORD, 1)):
        starts = [found.start() for found in pattern.finditer(text, earliest, fitting + 1)]
        if starts and starts[-1] > 0:
            return starts[-1]
    return _between_characters(text, fitting)


def _between_characters(text: str, fitting: int) -> int:
    """The last cut at or before `fitting` that is not inside a visible character."""
    for cut in range(fitting, max(fitting - _LONGEST_CLUSTER, 0), -1):
        if not _is_inside_cluster(text, cut):
            return cut
    return max(fitting, 1)


def _is_inside_cluster(text: str, cut: int) -> bool:
    before, after = text[cut - 1], text[cut]
    if _ZERO_WIDTH_JOINER in (before, after) or unicodedata.category(after).startswith("M"):
        return True
    # A skin tone, or the letters of a flag such as England's, belong to the emoji before them.
    if "\U0001f3fb" <= after <= "\U0001f3ff" or "\U000e0020" <= after <= "\U000e007f":
        return True
    return _is_flag_letter(after) and _flag_letters_before(text, cut) % 2 == 1


def _is_flag_letter(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _flag_letters_before(text: str, cut: int) -> int:
    run = 0
    while run < cut and _is_flag_letter(text[cut - 1 - run]):
        run += 1
    return run
