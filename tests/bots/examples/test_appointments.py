"""Visits are booked, moved, given up and reminded of; fuzzing never breaks the bot."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings

from bots.examples.appointments import REMINDER_SID, bot
from pipeline.botkit import Tester, both_channels, moved_by_hand
from pipeline.botkit.testing.fuzzing import FuzzRun, fuzz
from pipeline.messages import Channel


def chosen(channel: Channel = "sms") -> Tester:
    """A haircut on a Wednesday; the name is asked for."""
    talk = Tester(bot, channel).hears("hi").taps("cut").hears("2030-01-16").taps("10:30")
    return talk.says("What is your name?").hears("Ada")


def test_bot_has_no_problems() -> None:
    assert bot.check() == []


@pytest.mark.parametrize(
    ("way", "question", "answer", "kept"),
    [
        ("email", "To which address?", "Ada@Example.com", "ada@example.com"),
        ("phone", "At which number?", "085 012 3456", "+353850123456"),
    ],
)
def test_flow_returns_how_to_reach_them(way: str, question: str, answer: str, kept: str) -> None:
    talk = chosen().taps(way).says(question).hears(answer).in_state("confirm")
    talk.says("Haircut on Wednesday 16 January at 10:30 for Ada. Shall I book that?…")
    talk.has_data(reach=kept)


def test_reminder_is_a_template_on_whatsapp() -> None:
    talk = chosen("whatsapp").taps("here").taps("yes").in_state("booked").after(days=9)
    talk.says("Hello Ada, see you soon: Haircut on Wednesday 16 January at 10:30.")
    assert talk.talk.replies[0].content["content_sid"] == REMINDER_SID


def test_visit_of_tomorrow_has_no_reminder() -> None:
    talk = Tester(bot, now=datetime(2030, 1, 7, 12, tzinfo=UTC)).hears("hi").taps("cut")
    talk.hears("tomorrow").taps("09:00").hears("Ada").taps("here").taps("yes")
    talk.says("Booked…").after(days=3).says_nothing()


def test_visit_is_moved_and_the_old_reminder_forgotten() -> None:
    talk = chosen().taps("here").taps("yes").hears("hm").taps("move").says("Which day suits you?…")
    talk.hears("18 January").taps("14:00").hears("Ada").taps("here").hears("yes")
    talk.after(days=9).says_nothing().after(days=1, hours=5).says("Hello Ada…")


def test_back_leads_through_the_flow_to_the_start() -> None:
    for talk in both_channels(bot):
        talk.hears("hi").taps("beard").hears("tomorrow").taps("09:00").in_state("contact.name")
        for state in ("time", "day", "service"):
            talk.hears("Back").in_state(state)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("today", "The earliest day is 2030-01-08."),
        ("2030-06-24", "The latest day is 2030-03-08."),
        ("13.1.", "We are closed on Sundays."),
    ],
)
def test_day_that_does_not_do_is_asked_again(answer: str, reason: str) -> None:
    talk = Tester(bot).hears("hi").taps("cut").hears(answer).says(f"{reason} Which day…")
    talk.in_state("day")


def test_data_and_state_of_older_code_go_on() -> None:
    talk = Tester(bot)
    talk.talk.state, talk.talk.data = "choose_service", {"name": "Ada", "email": "ada@example.com"}
    talk.talk.memory = moved_by_hand({}, "service")
    talk.hears("beard trim").in_state("day").has_data(service="beard", reach="ada@example.com")


@settings(max_examples=25, deadline=None)
@given(fuzz(bot, texts=["tomorrow", "16 January", "change", "back"]))
def test_fuzzing_never_breaks_the_bot(run: FuzzRun) -> None:
    run.check()
