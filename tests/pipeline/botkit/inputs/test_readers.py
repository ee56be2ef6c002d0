"""Readers: what they take, what it becomes, and what they say of the rest."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from time import process_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.botkit import (
    Answer,
    Date,
    Email,
    Name,
    NotUnderstood,
    Number,
    OneOf,
    Phone,
    Reader,
    Text,
)
from tests.pipeline.botkit.situations import NOW, an_inbound


def read(reader: Reader[Any], text: str, now: datetime = NOW) -> object:
    return reader.understand(Answer(text, an_inbound(text), now))


def refused(reader: Reader[Any], text: str) -> str:
    with pytest.raises(NotUnderstood) as raised:
        read(reader, text)
    return str(raised.value)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2030-06-24", "2030-06-24"),
        ("24.6.2030", "2030-06-24"),
        ("24/6/2030", "2030-06-24"),
        ("24-06-30", "2030-06-24"),
        ("24 June 2030", "2030-06-24"),
        ("24th of jun 2030", "2030-06-24"),
        ("June 24, 2030", "2030-06-24"),
        ("24. June", "2030-06-24"),
        ("24.6.", "2030-06-24"),
        ("on 6 January", "2031-01-06"),
        ("7 January", "2030-01-07"),
        ("29 Feb", "2032-02-29"),
        ("Today!", "2030-01-07"),
        ("tomorrow", "2030-01-08"),
        ("the day after tomorrow", "2030-01-09"),
        ("٢٤.٦.٢٠٣٠", "2030-06-24"),
    ],
)
def test_dates_are_read(text: str, day: str) -> None:
    assert read(Date(), text) == day


@pytest.mark.parametrize(
    "text", ["", "soon", "31.4.2030", "13/13/2030", "29 Feb 2030", "24 Foo", "32", "2030"]
)
def test_no_date_is_told(text: str) -> None:
    assert refused(Date(), text) == "I could not read that date."


def test_dates_have_bounds_from_today_or_fixed() -> None:
    reader = Date(timedelta(0), date(2030, 2, 1))
    assert read(reader, "today") == "2030-01-07"
    assert refused(reader, "2030-01-06") == "The earliest day is 2030-01-07."
    assert refused(reader, "2 Feb 2030") == "The latest day is 2030-02-01."


def test_today_is_that_of_the_zone() -> None:
    late = datetime(2030, 1, 7, 23, tzinfo=UTC)
    assert read(Date(zone=timezone(timedelta(hours=2))), "today", late) == "2030-01-08"


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)))
def test_every_iso_day_is_itself(day: date) -> None:
    assert read(Date(), day.isoformat()) == day.isoformat()


@settings(deadline=None)  # the first number loads the tables of phone numbers
@given(st.text(max_size=40))
def test_no_text_breaks_a_reader(text: str) -> None:
    for reader in (Date(), Email(), Name(), Number(), Number(whole=False), Phone("US"), Text()):
        with suppress(NotUnderstood):
            assert read(reader, text) is not None


@pytest.mark.parametrize(
    "reader",
    [Date(), Email(), Name(), Number(), Number(whole=False), Phone("US"), Text(), OneOf(a="A")],
    ids=lambda reader: type(reader).__name__,
)
def test_long_texts_are_read_in_linear_time(reader: Reader[Any]) -> None:
    parts = (
        "a",
        "a@",
        "a@b.",
        "@a.",
        "1",
        "1,",
        "1 ",
        "-",
        "+1",
        "é",
        "\u0664",
        "!",
        "x@y.z ",
        "(",
    )
    begun = process_time()
    for part in parts:
        for end in ("", "@example.com", "!"):
            text = part * (60_000 // len(part)) + end
            with suppress(NotUnderstood):
                reader.read(text)
    assert process_time() - begun < 10  # 39 texts; one alone took an e-mail reader 5 to 47 s


@pytest.mark.parametrize(
    ("reader", "text", "value"),
    [
        (Number(), "12", 12),
        (Number(), "-3", -3),
        (Number(), "1,200", 1200),
        (Number(), "1 200 300", 1200300),
        (Number(), "٤", 4),
        (Number(whole=False), "2,5", 2.5),
        (Number(whole=False), "2.5", 2.5),
        (Email(), "Ada.L@Example.co.uk", "ada.l@example.co.uk"),
        (Email(), "mine is <ada@example.com>.", "ada@example.com"),
        (Email(), "mailto:Ada@Example.com!", "ada@example.com"),
        (Name(), "  Ada   Lovelace ", "Ada Lovelace"),
        (Name(), "李", "李"),
        (Phone("US"), "(202) 555-0123", "+12025550123"),
        (Phone(), "+44 20 7946 0958", "+442079460958"),
        (Text(), " hello ", "hello"),
        (OneOf(red="Red", blue="Blue"), "2", "blue"),
        (OneOf({"red": "Red"}), "RED", "red"),
    ],
)
def test_answers_become_values(reader: Reader[Any], text: str, value: object) -> None:
    assert read(reader, text.strip()) == value


@pytest.mark.parametrize(
    ("reader", "text", "words"),
    [
        (Number(), "many", "Please answer with a number."),
        (Number(), "2.5", "Please answer with a number."),
        (Number(1), "0", "It must be at least 1."),
        (Number(1, 9, too_large="Up to {most} only."), "10", "Up to 9 only."),
        (Email(), "ada@example", "That does not look like an e-mail address."),
        (Email(), "a@b.de or c@d.de", "That does not look like an e-mail address."),
        (Email(), "ada..l@example.com", "That does not look like an e-mail address."),
        (Email(), "ada@exam_ple.com", "That does not look like an e-mail address."),
        (Email(), f"{'x' * 1000} ada@b.de", "That does not look like an e-mail address."),
        (Email(unclear="Hm?"), "", "Hm?"),
        (Name(), "12", "That does not look like a name."),
        (Name(), "x" * 101, "That does not look like a name."),
        (Phone(), "2025550123", "That does not look like a phone number."),
        (Phone("US"), "123", "That does not look like a phone number."),
        (Text(), "", "Please answer with a text."),
        (Text(5), "longer", "Please keep it under 5 characters."),
        (OneOf(red="Red"), "green", "Please pick one of these."),
    ],
)
def test_other_answers_are_told_why(reader: Reader[Any], text: str, words: str) -> None:
    assert refused(reader, text) == words


def test_tap_of_another_question_is_no_choice() -> None:
    answer = Answer("", an_inbound("", button_id="yes"), NOW)
    with pytest.raises(NotUnderstood):
        OneOf(red="Red").understand(answer)


def test_reader_works_on_a_text_alone() -> None:
    assert Number(1, 9).read(" 4 ") == 4


def test_reader_of_ones_own() -> None:
    class Plate(Reader[str]):
        def understand(self, answer: Answer) -> str:
            if not answer.text.isalnum():
                raise NotUnderstood("Letters and digits only.")
            return answer.text.upper()

    assert Plate().read("ab12") == "AB12"
    assert refused(Plate(), "a b") == "Letters and digits only."
