"""The test kit follows production: window, attributes, expiry, quick messages, operators."""

from datetime import timedelta
from typing import Any

import pytest

from pipeline.botkit import LAST, Bot, Join, Template, Tester, Turn
from pipeline.errors import BotError

HOUR = timedelta(hours=1)
TEMPLATE = Template("HX" + "0" * 32, preview="t")


def a_bot(**settings: Any) -> Bot:
    bot = Bot("b", start="open", **settings)
    bot.awaits("open", to=["open", "late"])(opened)
    bot.sends("late", then="open")(lambda turn: turn.say("late"))
    bot.sends("approved", then="open")(lambda turn: turn.say(TEMPLATE))
    return bot


def opened(turn: Turn) -> None:
    if turn.says("remind"):
        turn.remind(25 * HOUR, "late")
    elif turn.says("template"):
        turn.remind(25 * HOUR, "approved")
    elif turn.says("person"):
        turn.hand_over("asked")
    plan = turn.contact.attributes.setdefault("plan", "none")
    if turn.says("gold"):
        turn.contact.attributes["plan"] = "gold"
    elif turn.says("forget"):
        turn.contact.attributes.clear()
    elif turn.says("bye"):
        turn.end()
    turn.data["count"] = turn.data.get("count", 0) + 1
    turn.say(f"{turn.message.text}: {plan} {turn.data['count']}")


def test_a_reply_outside_of_the_window_is_not_sent() -> None:
    talk = Tester(a_bot(), "whatsapp").hears("remind me").says("remind me: none 1")
    talk.after(hours=25).says_nothing().not_sent("only within 24 hours").in_state("open")
    with pytest.raises(AssertionError, match="not sent: 'late': WhatsApp accepts free-form"):
        talk.says("late")
    talk.hears("hi").says("hi: none 2")
    Tester(a_bot()).hears("remind me").says("remind me: none 1").after(hours=25).says("late")


def test_a_template_is_sent_outside_of_the_window() -> None:
    Tester(a_bot(), "whatsapp").hears("template").says("template…").after(hours=25).says("t")


def test_check_of_what_was_sent_fails() -> None:
    with pytest.raises(AssertionError, match="every reply was sent"):
        Tester(a_bot(), "whatsapp").hears("hi").not_sent()


def test_attributes_stay_with_the_contact() -> None:
    talk = Tester(a_bot()).hears("gold").says("gold: none 1").has_attributes(plan="gold")
    talk.hears("bye").says("bye: gold 2").ended()
    talk.hears("hi").says("hi: gold 1").hears("forget").hears("hi").says("hi: none 3")
    assert Tester(a_bot(), attributes={"plan": "gold"}).hears("hi").says("hi: gold 1")


def test_attributes_of_a_turn_that_fails_are_not_kept() -> None:
    bot = Bot("b", start="open")

    @bot.awaits("open")
    def broken(turn: Turn) -> None:
        turn.contact.attributes["plan"] = ["gold"]
        turn.contact.attributes["plan"].append(turn.message.text)
        if turn.says("fail"):
            raise LookupError

    talk = Tester(bot, attributes={"a": {"b": 1}}).hears("one")
    with pytest.raises(BotError):
        talk.hears("fail")
    talk.has_attributes(plan=["gold", "one"], a={"b": 1})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda it: it.update(x="a" * 1001), "attributes['x'] has 1001 characters; up to 1000 fit"),
        (lambda it: it.update(x=["a" * 999]), "attributes['x'] has 1003 characters"),
        (lambda it: it.update({f"{i}": i for i in range(51)}), "would have 51 attributes"),
        (lambda it: it.update({" ": 1}), "has the key ' '; a key has 1 to 1000 characters"),
        (lambda it: it.update({1: 1}), "turn.contact.attributes has the key 1; keys must be text"),
        (lambda it: it.update(x={1}), "turn.contact.attributes['x'] is a set, which is not JSON"),
        (lambda it: it.update(x=float("nan")), "turn.contact.attributes['x'] is nan"),
        (lambda it: it.update(me=it), "turn.contact.attributes is nested more than 50 levels"),
    ],
)
def test_what_cannot_be_kept_is_refused(change: Any, words: str) -> None:
    bot = Bot("b", start="open")
    bot.awaits("open")(lambda turn: change(turn.contact.attributes))
    with pytest.raises(BotError) as raised:
        Tester(bot).hears("hi")
    assert words in str(raised.value)
    assert 'bot "b", state "open", ' in str(raised.value)


def test_a_conversation_expires() -> None:
    talk = Tester(a_bot(expires_after=HOUR)).hears("gold").after(minutes=61).hears("hi")
    talk.says("hi: gold 1").after(minutes=59).hears("hi").says("hi: gold 2")


def a_desk(debounce: Any) -> Bot:
    bot = Bot("desk", start="open")

    @bot.awaits("open", debounce=debounce, timeout=timedelta(seconds=10), on_timeout="open")
    def noted(turn: Turn) -> None:
        turn.say(f"{turn.now:%S} {turn.message.text!r}")

    bot.command("menu")(lambda turn: turn.say("menu"))
    return bot


def test_quick_messages_are_joined_after_the_pause() -> None:
    talk = Tester(a_desk(Join(seconds=3))).hears("one", "two", "three")
    talk.says("03 'one\\ntwo\\nthree'").says_nothing().hears("four").says("06 'four'")
    assert [past.text for past in talk.talk.past if past.author == "contact"] == [
        "one",
        "two",
        "three",
        "four",
    ]
    talk.hears("one", "menu", "two").says("06 'one'").says("menu").says("09 'two'")


def test_of_quick_messages_the_last_one_counts() -> None:
    Tester(a_desk(LAST)).hears("one", "two").says("00 'two'").says_nothing()


def test_quick_messages_are_a_turn_each() -> None:
    talk = Tester(a_bot()).hears("one", "two").says("one: none 1").says("two: none 2")
    talk.hears("a", "STOP", "b").says("a: none 3").says("You will get…").says_nothing().opted_out()
    talk.not_sent("asked not to be messaged")


def test_many_quick_messages_are_joined_sixteen_at_a_time() -> None:
    talk = Tester(a_desk(Join(seconds=3))).hears(*map(str, range(17)))
    talk.says("00 '0\\n1…").says("03 '16'").says_nothing()


def test_an_operator_takes_over_restarts_and_ends() -> None:
    talk = Tester(a_bot()).hears("hi").taken_over().hears("anyone?").says_nothing()
    talk.handed_back().hears("hi").says("hi: none 2")
    talk.taken_over(minutes=30).after(minutes=31).hears("hi").says("hi: none 3")
    talk.taken_over().restarted().hears("hi").says("hi: none 1")
    talk.closed().ended().hears("hi").says("hi: none 1")
