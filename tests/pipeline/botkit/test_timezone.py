"""The time zone of a bot: `turn.now`, the days that questions read, and names that are refused."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pipeline.botkit import Bot, Date, Tester
from pipeline.errors import BotDefinitionError


def a_bot(**settings: Any) -> Bot:
    bot = Bot("b", start="start", **settings)
    bot.awaits("start")(lambda turn: turn.say(f"{turn.now:%a %H:%M %z}"))
    return bot


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (datetime(2030, 1, 6, 23, 30, tzinfo=UTC), "Mon 00:30 +0100"),
        (datetime(2030, 7, 7, 22, 30, tzinfo=UTC), "Mon 00:30 +0200"),
        (datetime(2030, 3, 31, 0, 59, tzinfo=UTC), "Sun 01:59 +0100"),  # the clocks go forward
        (datetime(2030, 3, 31, 1, 0, tzinfo=UTC), "Sun 03:00 +0200"),
        (datetime(2030, 10, 27, 0, 30, tzinfo=UTC), "Sun 02:30 +0200"),  # and back
        (datetime(2030, 10, 27, 1, 30, tzinfo=UTC), "Sun 02:30 +0100"),
        (
            datetime.fromisoformat("2030-01-07 09:00"),
            "Mon 09:00 +0100",
        ),  # without a zone: the bot's
    ],
)
def test_now_has_the_zone(now: datetime, said: str) -> None:
    Tester(a_bot(timezone="Europe/Berlin"), now=now).hears("hi").says(said)


def test_now_is_utc_without_a_zone() -> None:
    Tester(a_bot()).hears("hi").says("Mon 09:00 +0000")


def test_time_passes_alike_when_the_clocks_change() -> None:
    talk = Tester(a_bot(timezone="Europe/Berlin"), now=datetime.fromisoformat("2030-03-30 12:00"))
    talk.after(days=1).hears("hi").says("Sun 13:00 +0200")


def test_history_has_the_zone() -> None:
    bot = Bot("b", start="start", timezone="America/New_York")
    bot.awaits("start")(
        lambda turn: turn.say(*[f"{one.at:%H:%M}" for one in turn.history(1)] or "-")
    )
    Tester(bot).hears("hi").says("-").after(hours=1).hears("hi").says("04:00")


def test_today_is_that_of_the_zone() -> None:
    bot = Bot("b", start="day", timezone="Pacific/Auckland")
    bot.asks("day", "When?", Date(earliest=timedelta(0)), into="day", then="done")
    bot.awaits("done")(lambda _turn: None)
    talk = Tester(bot, now=datetime(2030, 1, 7, 12, tzinfo=UTC)).hears("hi").says("When?")
    talk.hears("2030-01-07").says("The earliest day is 2030-01-08. When?")
    talk.hears("today").has_data(day="2030-01-08")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Europe/Berln", 'did you mean "Europe/Berlin"?'),
        ("europe/berlin", 'did you mean "Europe/Berlin"?'),
        ("Berlin", 'did you mean "Europe/Berlin"?'),
        ("New York", 'did you mean "America/New_York"?'),
        ("Mars/Olympus Mons", "such as Europe/Berlin"),
        ("", "such as Europe/Berlin"),
        ("../../etc/passwd", "such as Europe/Berlin"),
        ("+01:00", "such as Europe/Berlin"),
        (None, "such as Europe/Berlin"),
        (UTC, "such as Europe/Berlin"),
    ],
)
def test_wrong_names_are_refused(name: Any, words: str) -> None:
    with pytest.raises(BotDefinitionError) as raised:
        a_bot(timezone=name)
    said = str(raised.value)
    assert words in said
    assert (
        f'bot "b", tests/pipeline/botkit/test_timezone.py:{a_bot.__code__.co_firstlineno + 1}: '
        in said
    )
    assert f"timezone={name!r} is not an IANA time zone" in said
