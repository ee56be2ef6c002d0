"""Suggestions for a name that is not known, for error messages."""

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """`; did you mean "x"?` for the name in `known` that is closest; "" where none is close."""
    if not isinstance(name, str):
        return ""
    by_text = {one.casefold(): one for one in sorted(known, reverse=True)}
    # The last part too, so that "berlin" finds Europe/Berlin and "street" address.street.
    by_part = {part: one for text, one in by_text.items() for part in _parts(text)}
    close = get_close_matches(name.casefold().strip(), [*by_text, *by_part], n=1, cutoff=0.7)
    return f'; did you mean "{(by_text | by_part)[close[0]]}"?' if close else ""


def _parts(text: str) -> list[str]:
    return [text.rpartition(mark)[2] for mark in "/." if mark in text]
