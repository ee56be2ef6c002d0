"""Checks the types of what an author passes, so that a mistake is one line when the bot is loaded.

A wrong type would otherwise fail at the first message, or quietly mean something else.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from pipeline.botkit.author import author_line
from pipeline.errors import BotDefinitionError


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value: how to describe it, its types, and types of it that do not count.

    `among` are the only values, if there are any.
    """

    what: str
    types: tuple[type, ...]
    others: tuple[type, ...] = ()
    must_be_positive: bool = False
    among: Collection[str] = ()

    def problem(self, setting: str, value: object) -> str:
        """What is wrong with the value; "" for nothing."""
        if not isinstance(value, self.types) or isinstance(value, self.others):
            return f"{setting}{display(value)} must be {self.what}"
        if self.among and value not in self.among:
            return f"{setting}{display(value)} must be {self.what}"
        if self.must_be_positive and isinstance(value, timedelta) and value <= timedelta(0):
            return f"{setting}{display(value)} must be positive"
        return ""


DURATION = Kind("a timedelta, such as timedelta(minutes=30)", (timedelta,), must_be_positive=True)
TEXT = Kind("a text", (str,))
COUNT = Kind("a whole number", (int,), (bool,))
NUMBER = Kind("a number", (int, float), (bool,))
YES_OR_NO = Kind("True or False", (bool,))
DAY = Kind("a date, or a timedelta from today", (date, timedelta), (datetime,))
ZONE = Kind("a time zone, such as ZoneInfo('Europe/Berlin')", (tzinfo,))


def display(value: object) -> str:
    """A value in an error, cut if it is long."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def problems(given: Mapping[str, object], kinds: Mapping[str, Kind]) -> Iterable[str]:
    """What is wrong with the settings in `given` that have a kind."""
    for setting, value in given.items():
        if setting in kinds and (wrong := kinds[setting].problem(f"{setting}=", value)):
            yield wrong


def expect(what: str, given: Mapping[str, object], kinds: Mapping[str, Kind]) -> None:
    """Raise BotDefinitionError with the author's line if a setting is unknown or of a wrong type.

    None is always right.
    """
    if unknown := sorted(given.keys() - kinds.keys()):
        known = ", ".join(sorted(kinds))
        raise BotDefinitionError(
            f"{author_line()}: {what}: {unknown[0]}= is not a setting; the settings are {known}"
        )
    for wrong in problems({key: it for key, it in given.items() if it is not None}, kinds):
        raise BotDefinitionError(f"{author_line()}: {what}: {wrong}")
