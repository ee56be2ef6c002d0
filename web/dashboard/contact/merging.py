"""The part of a contact's page that merges another contact: whom, and what that would move."""

import uuid
from dataclasses import dataclass

from pipeline import override
from pipeline.errors import ChangeRefused
from pipeline.override import Merge
from pipeline.queries import contacts
from pipeline.records.core.contacts import ContactRow
from web.dashboard.reader import ask
from web.services import here

_MOST = 10


@dataclass(frozen=True, slots=True)
class Merging:
    """What was searched for, the contacts that it may mean, or what merging one would do."""

    words: str = ""
    candidates: tuple[ContactRow, ...] = ()
    preview: Merge | None = None
    problem: str = ""


def merging(contact_id: uuid.UUID, words: str) -> Merging:
    """The other contact, by its id or by what a search finds."""
    words = words.strip()
    if not words:
        return Merging()
    try:
        found = [uuid.UUID(words)]
        candidates: tuple[ContactRow, ...] = ()
    except ValueError:
        listed = ask(contacts.listing, words, None, _MOST + 1)
        candidates = tuple(row for row in listed if row.id != contact_id)
        found = [row.id for row in candidates]
    if not found:
        return Merging(words, problem="No other contact found. Search by number, address or name.")
    if len(found) > _MOST:
        return Merging(words, problem="Many contacts match. Search for more of the number or name.")
    if len(found) > 1:
        return Merging(words, candidates)
    try:
        return Merging(words, preview=override.preview_merge(here().runtime, contact_id, found[0]))
    except ChangeRefused as error:
        return Merging(words, problem=str(error))
