"""Each way to work has questions of its own; answers are kept, whole or half."""

from datetime import timedelta

import pytest
from hypothesis import given, settings

from bots.examples.survey import bot
from pipeline.botkit import Tester, both_channels
from pipeline.botkit.testing.fuzzing import FuzzRun, fuzz


def asked(way: str) -> Tester:
    """Somebody takes part and says how they travel."""
    return Tester(bot).hears("hi").taps("go").taps(way)


def test_bot_has_no_problems() -> None:
    assert bot.check() == []


@pytest.mark.parametrize(
    ("way", "answers", "states"),
    [
        ("car", ["12", "2"], ["distance", "seats"]),
        ("bus", ["mostly"], ["punctual"]),
        ("bike", ["3,5", "good"], ["distance", "paths"]),
        ("walk", ["very bad"], ["paths"]),
        ("home", [], []),
    ],
)
def test_each_way_has_its_questions(way: str, answers: list[str], states: list[str]) -> None:
    talk = asked(way)
    for state, answer in zip(states, answers, strict=True):
        talk.in_state(state).hears(answer)
    talk.in_state("wishes").says('What would you change first? Or write "skip".')


def test_menu_stands_in_sections_by_sms_and_is_tapped_on_whatsapp() -> None:
    sms, whatsapp = (talk.hears("hi").taps("go") for talk in both_channels(bot))
    sms.says("How do you get there on most days?\n\nOn wheels\n1. By car…").hears("3")
    sms.has_data(way="bike")
    assert whatsapp.talk.replies[0].content["button"] == "Pick a way"
    whatsapp.taps("I work from home").has_data(way="home")


def test_three_wishes_end_the_survey() -> None:
    talk = asked("home").hears("There is no bus").hears("Lamps").hears("Trees").ended()
    talk.says("Thank you!…").has_data(wishes=["There is no bus", "Lamps", "Trees"])


def test_back_asks_the_question_before_again() -> None:
    asked("car").hears("12").hears("back").in_state("distance").hears("7").has_data(kilometres=7.0)


def test_silence_keeps_half_an_answer() -> None:
    talk = asked("car").hears("12").after(hours=6).says("I have kept what you told me…").ended()
    talk.has_data(way="car", kilometres=12.0, seats=None)


@pytest.mark.parametrize("text", ["no", "No, thanks", "2"])
def test_nobody_has_to_take_part(text: str) -> None:
    Tester(bot).hears("hi").hears(text).says("That is fine…").ended()


def test_after_a_week_it_begins_anew() -> None:
    talk = asked("home").passes(timedelta(days=8)).hears("car")
    talk.says("How do you get to work?…").in_state("welcome")


def test_consent_keywords_name_the_sender() -> None:
    texts = bot.consent
    assert all(text.startswith("Travel survey: ") for text in (texts.stop, texts.start, texts.help))


@settings(max_examples=25, deadline=None)
@given(fuzz(bot, texts=["by car", "7.5", "skip", "back"]))
def test_fuzzing_never_breaks_the_bot(run: FuzzRun) -> None:
    run.check()
