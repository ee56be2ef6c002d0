"""Problems are answered by rules or a responder, and reach a human with what matters."""

import logging

import pytest
from hypothesis import given, settings

from bots.examples import support_desk
from bots.examples.support_desk import bot
from pipeline.botkit import Join, Tester, Turn, both_channels
from pipeline.botkit.testing.fuzzing import FuzzRun, fuzz
from pipeline.messages import Channel


def told(problem: str, channel: Channel = "sms") -> Tester:
    return Tester(bot, channel).hears("hi").says("Hello! This is the help desk.").hears(problem)


def test_bot_has_no_problems() -> None:
    assert bot.check() == []


def test_bits_of_a_problem_are_joined() -> None:
    assert bot.debounce_in("problem") == Join(seconds=2)


def test_rule_answers_and_asks_whether_it_helped() -> None:
    for talk in both_channels(bot):
        talk.hears("hi").hears("my internet is slow").says("Please unplug the router…")
        talk.says("A red light?…").says("Did that help?…").taps("yes").says("I am glad…").ended()


def test_reminder_asks_again_until_the_talk_moves_on() -> None:
    talk = told("forgot my password").taps("later").says("All right, I will ask you tomorrow.")
    talk.after(days=1).says("Good morning!…").says("Did that help?…")
    talk.taps("later").hears("it works now").ended().after(days=2).says_nothing()


@pytest.mark.parametrize(("problem", "reason"), [("a person", "a person"), ("wha?", "wha?")])
def test_what_no_rule_knows_reaches_a_human(problem: str, reason: str) -> None:
    talk = told(problem).handed_over(reason).says("I have called a colleague…")
    talk.hears("hello?").says_nothing().handed_back().hears("no").in_state("problem")


def test_place_is_written_by_sms_and_shared_on_whatsapp() -> None:
    sms = told("the cable is cut").says(
        "Somebody has to look. Where are you?\nPlease send your location as text."
    )
    sms.hears("1 Main Street").hears("me").handed_over("the cable is cut (visit: 1 Main Street)")
    whatsapp = told("the cable is cut", "whatsapp").shares(53.35, -6.26, "Home").in_state("visitor")
    whatsapp.hears(card="https://example.com/ada.vcf").has_data(where="53.35, -6.26 Home")
    whatsapp.has_data(visitor="https://example.com/ada.vcf")


def test_responder_answers_where_rules_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    async def responder(turn: Turn) -> str | None:
        return "Have you tried the other socket?" if turn.says("lamp") else None

    monkeypatch.setattr(support_desk, "responder", responder)
    told("my lamp blinks").says("Have you tried the other socket?").in_state("tried")
    told("my cat blinks").handed_over("my cat blinks")


def test_log_has_the_way_and_not_the_words(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, support_desk.__name__):
        told("secret words: a person")
    assert "problem on sms: person" in caplog.messages
    assert "secret" not in caplog.text


def test_state_that_is_gone_is_heard_by_the_fallback() -> None:
    talk = Tester(bot)
    talk.talk.state, talk.talk.memory = "a state of last year", {}
    talk.hears("hi").says("Sorry, we have changed a few things…").says("What is the matter?…")
    talk.in_state("problem")


@settings(max_examples=25, deadline=None)
@given(fuzz(bot, texts=["slow", "password", "the cable is cut", "me"]))
def test_fuzzing_never_breaks_the_bot(run: FuzzRun) -> None:
    run.check()
