"""Search: which contacts somebody means by a few digits or letters."""

import re

from sqlalchemy import ColumnElement, or_

from pipeline.messages import storable
from pipeline.records.contacts import Contact

_WRITTEN_NUMBER = re.compile(r"[+\d\s()./-]+", re.ASCII)


def who(words: str) -> list[ColumnElement[bool]]:
    """The conditions on a contact for these words: part of a name, number or user id."""
    words = storable(words).strip()
    if not words:
        return []
    found = [Contact.name.icontains(words, autoescape=True)]
    found.append(Contact.key.icontains(words, autoescape=True))
    digits = re.sub(r"\D", "", words, flags=re.ASCII)
    if digits and _WRITTEN_NUMBER.fullmatch(words):
        found.append(Contact.key.contains(digits))
    return [or_(*found)]
