"""The kit settles STOP, START, HELP and reactions as the engine does."""

from datetime import timedelta

import pytest

from pipeline.botkit import Bot, Consent, Tester, Turn, both_channels
from pipeline.botkit.testing.script import parse
from pipeline.botkit.testing.script_replay import ScriptMismatch, replay
from pipeline.messages import Channel

QUESTION = "Is that right?\n\n1. Yes\n2. No, ask me again"


def a_bot(**settings: object) -> Bot:
    bot = Bot("kit", start="start", loop_guard=None, **settings)  # type: ignore[arg-type]

    @bot.awaits("start")
    def start(turn: Turn) -> None:
        if turn.says("leave"):
            turn.say("Gone.")
            turn.opt_out()
            turn.say("But wait!")
        elif turn.says("yes"):
            turn.say("Good.")
        elif turn.message.form:
            turn.say(f"Size {turn.message.form['size']}.")
        else:
            turn.say(QUESTION)

    return bot


def a_rated_bot() -> Bot:
    bot = a_bot()

    @bot.on_reaction
    def rated(turn: Turn) -> None:
        turn.say(f"{turn.message.reaction or 'none'} to {turn.message.reply_to}")

    return bot


def test_stop_help_and_start_do_not_reach_the_bot() -> None:
    texts = Consent(stop="Off.", start="On.", help="Call us.")
    for talk in both_channels(a_bot(consent=texts)):
        talk.hears("STOP").says("Off.").says_nothing().opted_out()
        talk.hears("hi").says_nothing().opted_out()
        talk.hears("opt out").says("Off.")
        talk.hears("Start").says("On.").hears("hi").says(QUESTION)
    Tester(a_bot(consent=texts)).hears("HELP").says("Call us.").hears("hi").says(QUESTION)
    Tester(a_bot(consent=texts), "whatsapp").hears("HELP").says(QUESTION)


@pytest.mark.parametrize("channel", ["sms", "whatsapp"])
def test_start_and_yes_of_nobody_who_left_are_answers(channel: Channel) -> None:
    Tester(a_bot(), channel).hears("yes").says("Good.").hears("START").says(QUESTION)


def test_the_bots_own_words() -> None:
    texts = Consent(stop="Listo.", stop_words={"es": ("BAJA",)})
    Tester(a_bot(consent=texts)).hears("baja").says("Listo.").opted_out()
    Tester(a_bot()).hears("baja").says(QUESTION)


def test_an_empty_text_says_nothing() -> None:
    Tester(a_bot(consent=Consent(stop=""))).hears("STOP").says_nothing().opted_out()


def test_the_bot_opts_out() -> None:
    talk = Tester(a_bot()).hears("leave").says("Gone.").says_nothing().opted_out()
    talk.hears("hi").says_nothing().hears("unstop").says(Consent().start).hears("hi").says(QUESTION)


def test_a_check_of_an_opt_out_fails() -> None:
    with pytest.raises(AssertionError, match="the contact has not opted out"):
        Tester(a_bot()).hears("hi").opted_out()


def test_a_reaction_is_no_turn() -> None:
    for talk in both_channels(a_bot()):
        talk.hears("hi").says(QUESTION).reacts("👍").says_nothing()
        talk.hears("Liked “Is that right? 1. Yes 2. No, ask me again”").says_nothing()
        # Not ours, so it is theirs.
        talk.hears("Liked “Yes, we can”").says("Good.")


def test_reactions_without_a_message_start_no_timer() -> None:
    bot = Bot("kit", start="start", loop_guard=None)
    half = timedelta(minutes=30)

    @bot.awaits("start", nudge="Still there?", nudge_after=half, timeout=2 * half, on_timeout="bye")
    def start(turn: Turn) -> None:
        turn.say("Hello.")

    @bot.sends("bye", then="start")
    def bye(turn: Turn) -> None:
        turn.say("Bye!")

    Tester(bot).reacts("👍").reacts("🔥").after(hours=3).says_nothing()


def test_a_bot_that_asks_for_reactions() -> None:
    talk = Tester(a_rated_bot()).hears("hi").says(QUESTION)
    talk.reacts("🔥").says("🔥 to sent-1").hears("Loved “Is that right?…”").says("❤️ to sent-1")
    talk.hears("Removed a heart from “Is that right?…”").says("none to sent-1")


def test_a_text_that_quotes_us_says_nothing_of_it() -> None:
    talk = Tester(a_bot()).hears("hi").says(QUESTION)
    talk.hears("why “Is that right? 1. Yes 2. No, ask me again”").says(QUESTION)
    talk.hears("“Is that right?…” yes").says("Good.")


def test_a_form_that_is_filled_in() -> None:
    Tester(a_bot(), "whatsapp").fills(size="M").says("Size M.")


def test_a_script_reacts_and_fills_in() -> None:
    said = ("> hi", "< Is that right?…", "react 🔥", "< 🔥 to sent-1", 'fill {"size": "M"}')
    text = "\n".join(["bot: x:y", "", *said, "< Size M.", ""])
    replay(parse(text, "a.talk"), a_rated_bot(), "whatsapp", "a.talk")
    broken = parse(text.replace('{"size": "M"}', "M"), "a.talk")
    with pytest.raises(ScriptMismatch, match=r"a\.talk:7: 'M' is not a JSON object"):
        replay(broken, a_rated_bot(), "whatsapp", "a.talk")
