"""Tester itself: its clock, and how it reports what went wrong."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from pipeline.botkit import Bot, Buttons, Image, Tester, Turn, both_channels
from pipeline.messages import Location

URL = "https://example.com/a.png"
HOUR = timedelta(hours=1)


def a_patient_bot() -> Bot:
    bot = Bot("patient", start="start", expires_after=timedelta(days=1))

    @bot.awaits("start", timeout=3 * HOUR, on_timeout="sleepy")
    def start(turn: Turn) -> str | None:
        turn.data["heard"] = [past.text for past in turn.history(3)]
        if turn.says("remind"):
            turn.remind(2 * HOUR, "nudge")
            turn.remind(HOUR, "nudge")
        if turn.says("human"):
            turn.hand_over("wants a human")
        if turn.says("bye"):
            turn.end()
        if turn.message.media or turn.message.location:
            turn.say(turn.message.kind)
        turn.say("ok", Buttons(leave="Leave"))
        return "sleepy" if turn.picked("leave") else None

    @bot.sends("nudge", then="start")
    def nudge(turn: Turn) -> None:
        turn.say(f"nudge at {turn.now:%H:%M}")

    @bot.awaits("sleepy")
    def sleepy(turn: Turn) -> None:
        turn.say(Image(URL, "zzz"))

    return bot


def test_timeout_falls_due_on_the_clock() -> None:
    talk = Tester(a_patient_bot()).hears("hi").passes(2 * HOUR).in_state("start")
    talk.passes(HOUR).in_state("sleepy").says_nothing()


def test_each_turn_starts_the_timeout_again() -> None:
    talk = Tester(a_patient_bot()).hears("hi").passes(2 * HOUR).hears("hi")
    talk.passes(2 * HOUR).in_state("start")


def test_every_reminder_fires_that_comes_back_to_its_state() -> None:
    talk = Tester(a_patient_bot()).hears("remind me").passes(2 * HOUR + HOUR / 2)
    talk.says("nudge at 10:00").says("nudge at 11:00").says_nothing().in_state("nudge")


def test_reminder_that_moves_for_good_cancels_the_rest() -> None:
    bot = Bot("mover", start="start")

    @bot.awaits("start")
    def start(turn: Turn) -> None:
        turn.remind(HOUR, "other")
        turn.remind(2 * HOUR, "other")

    bot.sends("other", then="rest")(lambda turn: turn.say("moved"))
    bot.awaits("rest")(lambda _turn: None)
    talk = Tester(bot).hears("hi").passes(3 * HOUR).says("moved").says_nothing()
    talk.in_state("rest")


def test_release_starts_the_timeout_again() -> None:
    talk = Tester(a_patient_bot()).hears("human").passes(9 * HOUR).in_state("start")
    talk.given_back().passes(2 * HOUR).in_state("start").passes(HOUR).in_state("sleepy")


def test_reminder_waits_for_the_release() -> None:
    talk = Tester(a_patient_bot()).hears("remind me").hears("human").passes(9 * HOUR)
    talk.says_nothing().given_back().passes(HOUR).says("nudge at 18:00").says("nudge at 18:00")


def test_reminders_survive_turns_that_stay() -> None:
    talk = Tester(a_patient_bot()).hears("remind me").hears("hi").passes(HOUR)
    talk.says("nudge at 10:00")


def test_leaving_the_state_cancels_reminders() -> None:
    talk = Tester(a_patient_bot()).hears("remind me").hears("1").in_state("sleepy")
    talk.passes(5 * HOUR).says_nothing()


def test_message_after_the_end_begins_anew() -> None:
    talk = Tester(a_patient_bot()).hears("bye").ended().passes(9 * HOUR).in_state("start")
    talk.hears("hi").has_data(heard=["bye", "ok\n\n1. Leave\nReply with a number."])


def test_late_message_begins_anew() -> None:
    talk = Tester(a_patient_bot()).hears("hi").hears("1").in_state("sleepy")
    talk.passes(timedelta(days=2)).hears("hi").says("ok…").in_state("start")


def test_bot_is_silent_until_given_back() -> None:
    talk = Tester(a_patient_bot()).hears("a human").handed_over("wants a human").says("ok…")
    talk.hears("hello?").says_nothing().given_back().hears("hi").says("ok…")


def test_operator_may_set_the_state() -> None:
    talk = Tester(a_patient_bot()).hears("hi").enters("nudge").says("nudge at 09:00")
    talk.in_state("start").enters("sleepy").says_nothing().hears("x").says("zzz", media=URL)


def test_media_and_places_are_heard() -> None:
    talk = Tester(a_patient_bot(), "whatsapp").hears(media=URL).says("media").says("ok…")
    talk.hears(location=Location(1.0, 2.0)).says("location")


def test_tap_carries_its_title() -> None:
    Tester(a_patient_bot()).hears("hi").hears(button="leave").in_state("sleepy")


@pytest.mark.parametrize("wanted", ["leave", "Leave", "LEAVE."])
def test_taps_are_by_id_or_title_on_both_channels(wanted: str) -> None:
    for talk in both_channels(a_patient_bot()):
        talk.hears("hi").taps(wanted).in_state("sleepy")
        # As each channel does it: a number by SMS, a tap on WhatsApp.
        assert talk.talk.past[-2].text == ("1" if talk.talk.channel == "sms" else "Leave")


def test_tap_on_nothing_offered_tells_what_is() -> None:
    talk = Tester(a_patient_bot()).hears("hi")
    with pytest.raises(AssertionError, match=r"called 'stay'; offered: leave \(Leave\)"):
        talk.taps("stay")
    with pytest.raises(AssertionError, match="offered: nothing"):
        Tester(a_patient_bot()).taps("leave")


def test_time_goes_by_in_any_unit() -> None:
    talk = Tester(a_patient_bot()).hears("hi").after(hours=2, minutes=59).in_state("start")
    talk.after(seconds=60).in_state("sleepy")
    talk.after(days=2).hears("hi").in_state("start")


def test_cards_and_places_are_told_apart() -> None:
    bot = Bot("kinds", start="start")

    @bot.awaits("start")
    def start(turn: Turn) -> None:
        place = turn.message.location
        turn.say(f"{turn.message.kind} {place.label if place else ''}".strip())

    for talk in both_channels(bot, name="Ada"):
        talk.hears(card="https://example.com/ada.vcf").says("contact_card")
        talk.shares(52.5, 13.4, "Berlin").says("location Berlin")
        talk.hears("look", media=URL).says("media")


def test_failure_names_the_channel() -> None:
    _, talk = both_channels(a_patient_bot())
    with pytest.raises(AssertionError, match="the conversation so far, on whatsapp:"):
        talk.hears("hi").says("nothing of the kind")


Check = Callable[[Tester], object]


@pytest.mark.parametrize(
    ("check", "words"),
    [
        (lambda talk: talk.says("okay"), "- okay"),
        (lambda talk: talk.says("okay…"), "the bot said something else"),
        (lambda talk: talk.says("ok…").says("more"), "said nothing more; expected 'more'"),
        (lambda talk: talk.says("ok…", media=URL), f"the reply carries [], not {URL!r}"),
        (lambda talk: talk.says_nothing(), "expected nothing"),
        (lambda talk: talk.in_state("sleepy"), "the state is 'start', not 'sleepy'"),
        (lambda talk: talk.in_state("nudge"), "the state is 'start', not 'nudge'"),
        (lambda talk: talk.has_data(name="Ada"), "data['name'] is None, not 'Ada'"),
        (lambda talk: talk.ended(), "did not end"),
        (lambda talk: talk.handed_over(), "did not hand over"),
        (lambda talk: talk.hears("human").handed_over("x"), "for 'wants a human', not 'x'"),
    ],
)
def test_failed_check_shows_the_talk(check: Check, words: str) -> None:
    with pytest.raises(AssertionError) as raised:
        check(Tester(a_patient_bot()).hears("good morning"))
    said = str(raised.value)
    assert words in said
    assert "  contact: good morning\n  bot:     ok" in said
