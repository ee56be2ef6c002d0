"""Reads dates as people write them: 2030-06-24, 24.6.2030, 24/6, 24 June 2030, tomorrow.

It never guesses: 6/7 is two days where nobody says whether the day or the month comes first.
"""

import re
import unicodedata
from datetime import date, timedelta

from pipeline.botkit.content.choices import normalize
from pipeline.botkit.inputs.locales import ENGLISH, Language, Order

_ISO = re.compile(r"(\d{4}) ?[-./年] ?(\d{1,2}) ?[-./月] ?(\d{1,2})日?")
_HAN = re.compile(r"(\d{1,2})月(\d{1,2})日")
_NUMBERS = re.compile(r"(\d{1,2})[-./ ]{1,2}(\d{1,2})(?:[-./ ]{1,2}(\d{4}|\d{2})?)?")
_NAME = r"([^\W\d_]{3,12})"
_OF = r"(?:(?:of|de|di) )?"
_DAY_MONTH = re.compile(
    rf"(\d{{1,2}})(?:st|nd|rd|th|er|º)?\.? ?{_OF}{_NAME}\.?,?(?: {_OF}(\d{{4}}))?"
)
_MONTH_DAY = re.compile(rf"{_NAME}\.? (\d{{1,2}})(?:st|nd|rd|th)?,?(?: (\d{{4}}))?")


class AmbiguousDate(ValueError):
    """A text that means either of two days."""

    def __init__(self, first: date, second: date) -> None:
        super().__init__(f"{first} or {second}")
        self.days = (first, second)


def read_date(
    text: str, today: date, order: Order | None = None, language: Language = ENGLISH
) -> date | None:
    """The day that `text` means, None for none; the next such day if it has no year.

    Raises AmbiguousDate for numbers that are two days without an `order`.
    """
    said = normalize(text).removeprefix("on ").removeprefix("am ")
    for known in (language, ENGLISH):
        if plain(said) in (days := [plain(word) for word in known.days]):
            return today + timedelta(days=days.index(plain(said)))
    if found := _ISO.fullmatch(said):
        return _day(found[1], found[2], found[3], today)
    if found := _HAN.fullmatch(said):
        return _day(None, found[1], found[2], today)
    if found := _NUMBERS.fullmatch(said):
        return _by_order(found[1], found[2], found[3], today, order)
    if found := _DAY_MONTH.fullmatch(said):
        return _day(found[3], _month(found[2], language), found[1], today)
    if found := _MONTH_DAY.fullmatch(said):
        return _day(found[3], _month(found[1], language), found[2], today)
    return None


def _by_order(
    one: str, two: str, three: str | None, today: date, order: Order | None
) -> date | None:
    """Numbers with the month first or second; a year of four digits may come first in _ISO only."""
    if order == "ymd" and three is not None and len(three) == 2:
        return _day(one, two, three, today)
    day_first, month_first = _day(three, two, one, today), _day(three, one, two, today)
    if order == "dmy" and day_first:
        return day_first
    if order in {"mdy", "ymd"} and month_first and (order == "mdy" or three is None):
        return month_first
    if day_first and month_first and day_first != month_first:
        raise AmbiguousDate(day_first, month_first)
    # 24/6 is one day only, whatever the order.
    return day_first or month_first


def plain(word: str) -> str:
    """The word without case and accents."""
    parts = unicodedata.normalize("NFD", word.casefold())
    return "".join(part for part in parts if not unicodedata.combining(part)).replace("ı", "i")


def _month(word: str, language: Language) -> int:
    """The number of a month by its name or its first letters, 0 for none or several."""
    for known in (language, ENGLISH):
        found = {number for number, name in _names(known) if plain(name).startswith(plain(word))}
        exact = {number for number, name in _names(known) if plain(name) == plain(word)}
        if len(exact or found) == 1:
            return (exact or found).pop()
    return 0


def _names(language: Language) -> list[tuple[int, str]]:
    others = language.others
    return [*enumerate(filter(None, language.months), 1), *enumerate(others, 1)]


def _day(year: str | None, month: str | int, day: str, today: date) -> date | None:
    try:
        if year is not None:
            return date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day))
        this_year = date(today.year, int(month), int(day))
    except ValueError:
        return _leap_day(int(month), int(day), today) if year is None else None
    return this_year if this_year >= today else _a_year_later(this_year)


def _a_year_later(day: date) -> date | None:
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return _leap_day(day.month, day.day, day + timedelta(days=1))


def _leap_day(month: int, day: int, today: date) -> date | None:
    """The next 29 February."""
    if (month, day) != (2, 29):
        return None
    years = range(today.year, today.year + 9)
    leap = (year for year in years if year % 4 == 0 and (year % 100 or not year % 400))
    return next((found for year in leap if (found := date(year, 2, 29)) >= today), None)
