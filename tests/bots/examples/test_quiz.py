"""Questions run out of time, answers score, and a better round is known as one."""

import pytest
from hypothesis import given, settings

from bots.examples.quiz import FILES, bot
from pipeline.botkit import LAST, Tester, both_channels
from pipeline.botkit.testing.fuzzing import FuzzRun, fuzz


def begun() -> Tester:
    return Tester(bot).hears("hi").taps("play").says("1. Which planet is the largest?…")


def played(talk: Tester, *answers: str) -> Tester:
    for answer in answers:
        talk.hears(answer)
    return talk


def test_bot_has_no_problems() -> None:
    assert bot.check() == []


def test_last_answer_counts() -> None:
    assert bot.debounce_in("question") == LAST


def test_all_right_is_four_points() -> None:
    for talk in both_channels(bot):
        talk.hears("hi").taps("play").taps("jupiter").says("Right!").hears("8").taps("owl")
        talk.taps("nile").says("Right!").says("4 of 4 points. Your best so far!…")
        talk.has_data(points=4, best=4).in_state("again")


def test_worse_round_is_no_record() -> None:
    talk = played(begun(), "2", "8", "3", "1", "play", "1", "1", "1", "2")
    talk.says("No, it is the Nile.").says("0 of 4 points.\n\n1. Once more…").has_data(best=4)


def test_time_runs_out_for_each_question() -> None:
    talk = begun().after(seconds=29).says_nothing().after(seconds=1)
    talk.says("Time is up! It is Jupiter.").says("2. How many legs has a spider?")
    talk.after(minutes=2).in_state("again")
    assert talk.talk.replies[-1].body.startswith("0 of 4 points.")


def test_unclear_answer_costs_nothing_and_files_are_shown() -> None:
    talk = begun().hears("Saturn").says("Please pick one of these.").in_state("question")
    talk.hears("2").hears("many").says("Please answer with a number.").hears("8").says("Right!")
    talk.says("", media=f"{FILES}/night.mp3").says("3. Which bird sings here?…")


@pytest.mark.parametrize("words", ["stop quiz", "Enough!"])
def test_command_ends_it_anywhere(words: str) -> None:
    begun().hears("2").hears(words).says("As you like. Points: 1.").ended()


@settings(max_examples=25, deadline=None)
@given(fuzz(bot, texts=["jupiter", "8", "play"]))
def test_fuzzing_never_breaks_the_bot(run: FuzzRun) -> None:
    run.check()
