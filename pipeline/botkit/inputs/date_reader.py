"""Date: the reader of a day, in the order and language of the contacts."""

from datetime import date, timedelta, tzinfo
from typing import TypedDict, Unpack

from pipeline.botkit.expected import DAY, TEXT, ZONE, Kind, expect
from pipeline.botkit.inputs.dates import AmbiguousDate, read_date
from pipeline.botkit.inputs.locales import ENGLISH, ORDERS, Order, language_of
from pipeline.botkit.inputs.readers import Answer, Reader
from pipeline.errors import NotUnderstood


class DateTexts(TypedDict, total=False):
    """The replies to a text that is not a day, that is two days, or that is out of bounds."""

    unclear: str
    ambiguous: str
    too_early: str
    too_late: str


_TEXTS: DateTexts = {
    "unclear": "I could not read that date.",
    "ambiguous": "Is that {first} or {second}? Please write the month as a word.",
    "too_early": "The earliest day is {earliest}.",
    "too_late": "The latest day is {latest}.",
}
_KINDS = {
    "earliest": DAY,
    "latest": DAY,
    "zone": ZONE,
    "order": Kind('"dmy", "mdy" or "ymd"', (str,), among=ORDERS),
    **dict.fromkeys(_TEXTS, TEXT),
}


class Date(Reader[str]):
    """A day, as 2030-06-24. It reads that form, 24.6.2030, 24/6, "24 June" and tomorrow.

    `order` says how numbers are meant: "dmy", "mdy" or "ymd". `locale` ("de", "en-US") has an
    order, names of months, words for days and the form of dates in the replies. Without an order
    the bot asks back where 6/7 is two days. `earliest` and `latest` are dates, or times from today
    in `zone`, which is the bot's time zone without one.
    """

    def __init__(
        self,
        earliest: date | timedelta | None = None,
        latest: date | timedelta | None = None,
        *,
        order: Order | None = None,
        locale: str | None = None,
        zone: tzinfo | None = None,
        **texts: Unpack[DateTexts],
    ) -> None:
        given = {"earliest": earliest, "latest": latest, "zone": zone, "order": order}
        expect("Date()", {**given, **texts}, _KINDS)
        self._language = ENGLISH if locale is None else language_of(locale)
        self._order = order or self._language.order
        self._is_local = locale is not None
        self._earliest, self._latest, self._zone = earliest, latest, zone
        self._texts = _TEXTS | texts

    def understand(self, answer: Answer) -> str:
        now = answer.now.astimezone(self._zone) if self._zone else answer.now
        today = now.date()
        day = self._day(answer.text, today)
        earliest, latest = _absolute(self._earliest, today), _absolute(self._latest, today)
        if earliest is not None and day < earliest:
            raise NotUnderstood(self._texts["too_early"].format(earliest=self._shown(earliest)))
        if latest is not None and day > latest:
            raise NotUnderstood(self._texts["too_late"].format(latest=self._shown(latest)))
        return day.isoformat()

    def _day(self, text: str, today: date) -> date:
        try:
            day = read_date(text, today, self._order, self._language)
        except AmbiguousDate as both:
            first, second = map(self._language.long, both.days)
            raise NotUnderstood(
                self._texts["ambiguous"].format(first=first, second=second)
            ) from None
        if day is None:
            raise NotUnderstood(self._texts["unclear"])
        return day

    def _shown(self, day: date) -> str:
        return self._language.long(day) if self._is_local else day.isoformat()


def _absolute(bound: date | timedelta | None, today: date) -> date | None:
    return today + bound if isinstance(bound, timedelta) else bound
