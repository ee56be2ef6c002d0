"""Dates in the order and language of the contacts; what is two days is asked back."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.botkit import Bot, Date, NotUnderstood, Tester
from pipeline.botkit.inputs.dates import read_date
from pipeline.botkit.inputs.locales import LANGUAGES, language_of
from pipeline.botkit.inputs.readers import Answer
from pipeline.errors import BotDefinitionError
from pipeline.messages import Inbound

MONDAY = datetime(2030, 1, 7, 9, tzinfo=UTC)


def read(reader: Date, text: str) -> str:
    message = Inbound("", "", "", "sms", "", "", text=text)
    return reader.understand(Answer(text, message, MONDAY))


def refused(reader: Date, text: str) -> str:
    with pytest.raises(NotUnderstood) as raised:
        read(reader, text)
    return str(raised.value)


@pytest.mark.parametrize("text", ["6/7", "6.7.", "06-07", "6.7.2030", "6/7/30", "6 7"])
def test_without_an_order_two_days_are_asked_back(text: str) -> None:
    said = "Is that 6 July 2030 or 7 June 2030? Please write the month as a word."
    assert refused(Date(), text) == said
    assert read(Date(order="dmy"), text) == "2030-07-06"
    assert read(Date(order="mdy"), text) == "2030-06-07"


@pytest.mark.parametrize("order", [None, "dmy", "mdy", "ymd"])
@pytest.mark.parametrize(
    "text",
    ["2030-06-24", "24/6", "6/24", "24.6.2030", "6/24/2030", "24 June", "June 24", "2030/6/24"],
)
def test_what_is_one_day_is_read_in_any_order(text: str, order: Any) -> None:
    assert read(Date(order=order), text) == "2030-06-24"
    assert read(Date(order=order), "7/7") == "2030-07-07"


def test_year_first() -> None:
    reader = Date(order="ymd")
    assert read(reader, "6/7") == "2030-06-07"
    assert read(reader, "30/06/07") == "2030-06-07"
    assert "or" in refused(reader, "6/7/2030")  # the year is last, so the order says nothing


def test_the_bot_asks_back_and_goes_on() -> None:
    bot = Bot("b", start="day")
    bot.asks("day", "Which day?", Date(), into="day", then="done")
    bot.awaits("done")(lambda _turn: None)
    talk = Tester(bot).hears("hi").says("Which day?").hears("6/7")
    talk.says("Is that 6 July 2030 or 7 June 2030? Please write the month as a word. Which day?")
    talk.hears("7 june").has_data(day="2030-06-07")


@pytest.mark.parametrize(
    ("locale", "text", "day"),
    [
        ("de", "6.7.", "2030-07-06"),
        ("de-AT", "6. Jänner 2031", "2031-01-06"),
        ("de_DE", "24. Maerz", "2030-03-24"),
        ("de", "24. marz", "2030-03-24"),
        ("de", "am 24. Dez.", "2030-12-24"),
        ("de", "Übermorgen", "2030-01-09"),
        ("de", "tomorrow", "2030-01-08"),
        ("fr", "1er août", "2030-08-01"),
        ("fr", "6 juin", "2030-06-06"),
        ("fr", "demain", "2030-01-08"),
        ("es", "24 de junio de 2030", "2030-06-24"),
        ("es-MX", "mañana", "2030-01-08"),
        ("pt-BR", "depois de amanhã", "2030-01-09"),
        ("pl", "24 czerwca", "2030-06-24"),
        ("pl", "24 czerwiec", "2030-06-24"),
        ("tr", "24 ARALIK", "2030-12-24"),
        ("no", "24. desember", "2030-12-24"),
        ("ja", "6月24日", "2030-06-24"),
        ("zh-CN", "2030年6月24日", "2030-06-24"),
        ("ja", "6/7", "2030-06-07"),
        ("en-US", "6/7", "2030-06-07"),
        ("en-GB", "6/7", "2030-07-06"),
        ("en-IN", "6/7", "2030-07-06"),
    ],
)
def test_a_locale_has_order_and_words(locale: str, text: str, day: str) -> None:
    assert read(Date(locale=locale), text) == day


@pytest.mark.parametrize("locale", ["en", "en-CA"])
def test_a_locale_that_writes_both_is_asked_back(locale: str) -> None:
    assert refused(Date(locale=locale), "6/7").startswith("Is that 6 July 2030 or 7 June 2030?")


def test_an_order_wins_over_the_locale() -> None:
    assert read(Date(locale="en-US", order="dmy"), "6/7") == "2030-07-06"


def test_letters_of_two_months_are_no_month() -> None:
    assert refused(Date(locale="fr"), "6 jui") == "I could not read that date."


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("en-US", "The earliest day is January 8, 2030."),
        ("en-GB", "The earliest day is 8 January 2030."),
        ("de", "The earliest day is 8. Januar 2030."),
        ("es", "The earliest day is 8 de enero de 2030."),
        ("ja", "The earliest day is 2030年1月8日."),
        (None, "The earliest day is 2030-01-08."),
    ],
)
def test_replies_have_the_form_of_the_locale(locale: str | None, said: str) -> None:
    assert refused(Date(timedelta(days=1), locale=locale), "2030-01-07") == said


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)), st.sampled_from(sorted(LANGUAGES)))
def test_a_long_date_is_read_as_itself(day: date, locale: str) -> None:
    language = language_of(locale)
    assert read_date(language.long(day), date(2030, 1, 7), language.order, language) == day


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"earliest": 30}, "Date(): earliest=30 must be a date, or a timedelta from today"),
        ({"latest": MONDAY}, "must be a date, or a timedelta from today"),
        ({"order": "DMY"}, 'order=\'DMY\' must be "dmy", "mdy" or "ymd"'),
        ({"order": 1}, 'must be "dmy", "mdy" or "ymd"'),
        ({"zone": "Europe/Berlin"}, "must be a time zone, such as ZoneInfo('Europe/Berlin')"),
        ({"unclear": None, "too_late": 7}, "too_late=7 must be a text"),
        ({"format": "%d"}, "format= is not a setting; the settings are ambiguous, earliest"),
        ({"locale": "xx"}, "must be one of da, de, en"),
        ({"locale": 7}, "must be one of da, de, en"),
    ],
)
def test_wrong_settings_are_refused_with_the_line(settings: Any, words: str) -> None:
    with pytest.raises(BotDefinitionError) as raised:
        Date(**settings)
    line = test_wrong_settings_are_refused_with_the_line.__code__.co_firstlineno + 16
    assert words in str(raised.value)
    assert str(raised.value).startswith(f"tests/pipeline/botkit/inputs/test_dates.py:{line}: Date(")
