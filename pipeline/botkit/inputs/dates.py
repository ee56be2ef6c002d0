"""Reads dates as people write them: 2030-06-24, 24.6.2030, 24/6, 24 June 2030, tomorrow."""

import re
from datetime import date, timedelta

from pipeline.botkit.content.choices import normalize

_ISO = re.compile(r"(\d{4})[-./](\d{1,2})[-./](\d{1,2})")
_NUMBERS = re.compile(r"(\d{1,2})[-./ ]{1,2}(\d{1,2})(?:[-./ ]{1,2}(\d{4}|\d{2})?)?")
_DAY_MONTH = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?\.? (?:of )?([a-z]{3,9})\.?,?(?: (\d{4}))?")
_MONTH_DAY = re.compile(r"([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,?(?: (\d{4}))?")
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
_DAYS = {"today": 0, "tomorrow": 1, "the day after tomorrow": 2}


def read_date(text: str, today: date) -> date | None:
    """The day that `text` means, day before month; the next such day if it has no year."""
    said = normalize(text).removeprefix("on ")
    if said in _DAYS:
        return today + timedelta(days=_DAYS[said])
    if found := _ISO.fullmatch(said):
        return _day(found[1], found[2], found[3], today)
    if found := _NUMBERS.fullmatch(said):
        return _day(found[3], found[2], found[1], today)
    if found := _DAY_MONTH.fullmatch(said):
        return _day(found[3], _month(found[2]), found[1], today)
    if found := _MONTH_DAY.fullmatch(said):
        return _day(found[3], _month(found[1]), found[2], today)
    return None


def _month(word: str) -> int:
    """The number of a month by its name or its first letters, 0 for none."""
    return next((number for number, name in enumerate(_MONTHS, 1) if name.startswith(word)), 0)


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
