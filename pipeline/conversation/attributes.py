"""What a turn changed of a contact's attributes, and how it joins what others changed meanwhile.

Attributes belong to the contact, whom operators and turns of other conversations change too. So a
turn saves the keys that it changed, never the whole.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from pipeline.errors import BotError
from pipeline.jsons import JsonObject, to_json

MOST_ATTRIBUTES = 50
LONGEST_ATTRIBUTE = 1000
LONGEST_NAME = 255
# The attribute that names the contact in place of the profile name.
NAME = "name"


class _Absent:
    """The value of an attribute that is not there."""

    def __repr__(self) -> str:
        return "absent"


ABSENT = _Absent()


class AttributeChange(NamedTuple):
    """The value of one attribute before and after; ABSENT for none."""

    before: Any
    after: Any


AttributeChanges = Mapping[str, AttributeChange]


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> AttributeChanges:
    """The attributes that differ. Raises BotError if there are too many, or one is too long."""
    if before == after and repr(before) == repr(after):
        return {}
    if len(after) > max(MOST_ATTRIBUTES, len(before)):
        raise BotError(
            f"turn.contact.attributes would have {len(after)} attributes; a contact can have up to "
            f"{MOST_ATTRIBUTES}. Use turn.data for what belongs to the conversation"
        )
    keys = dict.fromkeys([*before, *after])
    pairs = {key: AttributeChange(before.get(key, ABSENT), after.get(key, ABSENT)) for key in keys}
    changed = {key: pair for key, pair in pairs.items() if not _is_same(*pair)}
    for key, pair in changed.items():
        if pair.after is not ABSENT:
            _check_length(key, pair.after)
    return changed


def _is_same(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same; 1, 1.0 and true are three."""
    return one is other or (one == other and repr(one) == repr(other))


def _check_length(key: str, value: Any) -> None:
    text = value if isinstance(value, str) else to_json(value)
    if not key.strip() or len(key) > LONGEST_ATTRIBUTE:
        raise BotError(
            f"turn.contact.attributes has the key {key[:40]!r}; a key has 1 to {LONGEST_ATTRIBUTE} "
            "characters"
        )
    if len(text) > LONGEST_ATTRIBUTE:
        raise BotError(
            f"turn.contact.attributes[{key!r}] has {len(text)} characters; up to "
            f"{LONGEST_ATTRIBUTE} fit. Use turn.data for more"
        )


def follow(first: AttributeChanges, then: AttributeChanges) -> AttributeChanges:
    """The changes of two turns, one after the other, as those of one."""
    joined = dict(first)
    for key, change in then.items():
        before = first[key].before if key in first else change.before
        joined[key] = AttributeChange(before, change.after)
    return joined


def apply(attributes: Mapping[str, Any], changes: AttributeChanges) -> JsonObject:
    """The attributes with these changes."""
    after = {**attributes, **{key: change.after for key, change in changes.items()}}
    return {key: value for key, value in after.items() if value is not ABSENT}


def overtaken(attributes: Mapping[str, Any], changes: AttributeChanges) -> Iterable[str]:
    """The keys that somebody else changed since the turn read them."""
    for key, change in changes.items():
        if not _is_same(attributes.get(key, ABSENT), change.before):
            yield key


def named(name: str, changes: AttributeChanges) -> str:
    """The contact's name after these changes."""
    given = changes[NAME].after if NAME in changes else None
    return given[:LONGEST_NAME] if isinstance(given, str) and given.strip() else name
