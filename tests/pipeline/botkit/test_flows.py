"""Sub-flows: states under a prefix that are called, return a value, and are left at any time."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from pipeline.botkit import Bot, Flow, Name, Tester, Text, Turn, moved_by_hand
from pipeline.errors import BotDefinitionError, BotError
from tests.pipeline.botkit.situations import a_situation


def an_address() -> Flow:
    address = Flow("address", start="street")
    address.asks("street", "Street?", Text(), into="street", then="city", tries=2, give_up="lost")

    @address.asks("city", "City?", Name())
    def city(turn: Turn, value: str) -> str:
        return turn.done({"street": turn.data.pop("street"), "city": value})

    @address.awaits("lost", timeout=timedelta(minutes=1), on_timeout="street")
    def lost(turn: Turn) -> str:
        return "menu" if turn.says("out") else "street"

    return address


def a_shop() -> Bot:
    bot, address = Bot("shop", start="menu"), an_address()
    bot.include(address)

    @bot.awaits("menu", to=["address"])
    def menu(turn: Turn) -> str:
        return turn.call(address, then="confirm")

    @bot.awaits("confirm", entry=lambda turn: f"To {turn.result['city']}?")
    def confirm(turn: Turn) -> str:
        turn.say(f"Off to {turn.result['street'] if turn.result else 'nowhere'}.")
        return "menu"

    bot.command("leave")(lambda _turn: "menu")
    return bot


def test_flow_returns_its_value_to_then() -> None:
    tester = Tester(a_shop()).hears("hi").says("Street?").in_state("address.street")
    tester.hears("Main St 1").says("City?").in_state("address.city")
    tester.hears("Bonn").says("To Bonn?").in_state("confirm")
    tester.hears("yes").says("Off to Main St 1.").in_state("menu")
    assert tester.talk.memory == {}


def test_states_of_a_flow_bear_its_name() -> None:
    assert list(a_shop().states) == [
        "address.street", "address.city", "address.lost", "menu", "confirm",
    ]  # fmt: skip
    assert repr(an_address()) == "Flow('address', start='street', 3 states)"


def test_names_in_a_flow_are_its_own_first() -> None:
    tester = Tester(a_shop()).hears("hi").hears(media="https://example.com/a")
    tester.hears(media="https://example.com/a").in_state("address.lost")
    tester.passes(timedelta(minutes=1)).in_state("address.street").says("Street?")


def test_leaving_a_flow_drops_its_call() -> None:
    tester = Tester(a_shop()).hears("hi").hears("leave").in_state("menu")
    assert tester.talk.memory == {}
    tester.hears("hi").enters("address.city")
    assert tester.talk.memory == {"calls": [["address", "confirm"]]}
    tester.enters("menu")
    assert tester.talk.memory == {}


def nested() -> Bot:
    """outer calls inner twice; what is done adds up."""
    bot, outer, inner = (
        Bot("nested", start="start"),
        Flow("outer", start="a"),
        Flow("inner", start="x"),
    )
    inner.awaits("x")(lambda turn: turn.done(int(turn.message.text)))
    outer.awaits("a")(lambda turn: turn.call(inner, then="b"))

    @outer.sends("b")
    def b(turn: Turn) -> str:
        turn.data["sum"] = turn.data.get("sum", 0) + turn.result
        return turn.call("inner", then="b") if turn.data["sum"] < 10 else turn.done(turn.data)

    bot.include(outer)
    bot.include(inner)
    bot.awaits("start")(lambda turn: turn.call(outer, then="end"))
    bot.awaits("end", entry=lambda turn: f"{turn.result}")(lambda _turn: "start")
    return bot


def test_calls_may_be_nested() -> None:
    tester = Tester(nested()).hears("hi").in_state("outer.a").hears("on").in_state("inner.x")
    assert tester.talk.memory["calls"] == [["outer", "end"], ["inner", "outer.b"]]
    tester.hears("4").in_state("inner.x").hears("6").in_state("end").says("{'sum': 10}")


def test_inner_call_is_dropped_alone() -> None:
    calls = {"calls": [["outer", "end"], ["inner", "outer.b"]], "tries": 2}
    assert moved_by_hand(calls, "outer.a") == {"calls": [["outer", "end"]]}
    assert moved_by_hand(calls, "start") == {}
    assert moved_by_hand({}, "start") == {}


def test_renamed_flow_keeps_its_callers() -> None:
    bot = a_shop()
    bot.renamed("place", "address")
    memory = {"calls": [["place", "confirm"]]}
    situation = a_situation("Bonn", state="place.city", data={"street": "A 1"}, memory=memory)
    outcome = bot.respond(situation)
    assert (outcome.state, [step.via for step in outcome.steps]) == (
        "confirm",
        ["renamed", "done"],
    )


def test_renamed_state_in_a_flow_is_found() -> None:
    bot = a_shop()
    bot.renamed("address.town", "address.city")
    memory = {"calls": [["address", "confirm"]]}
    outcome = bot.respond(a_situation("", state="address.town", memory=memory))
    assert (outcome.state, outcome.memory) == ("address.city", memory)


def test_reminder_in_a_flow_names_its_states() -> None:
    bot, sub = Bot("b", start="start"), Flow("sub", start="x")
    sub.awaits("x")(lambda turn: turn.remind(timedelta(1), "x"))
    bot.include(sub)
    assert bot.respond(a_situation(state="sub.x")).reminders[0].to == "sub.x"


def test_endless_calls_are_stopped() -> None:
    bot, sub = Bot("b", start="sub.x"), Flow("sub", start="x")
    sub.awaits("x")(lambda turn: turn.call(sub, then="x"))
    bot.include(sub)
    memory = {"calls": [["sub", "sub.x"]] * 20}
    with pytest.raises(BotError, match="more than 20 flows call each other"):
        bot.respond(a_situation(state="sub.x", memory=memory))


def told(bot: Bot, state: str) -> str:
    with pytest.raises(BotError) as raised:
        bot.respond(a_situation("Bonn", state=state, data={"street": "A 1"}))
    return str(raised.value)


def test_done_outside_a_call_is_told() -> None:
    said = told(a_shop(), "address.city")
    assert said.startswith('bot "shop", state "address.city", tests/pipeline/botkit/test_flows.py:')
    assert (
        "turn.done() outside a call, so it leads nowhere; enter these states with turn.call(add"
        in said
    )


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (
            lambda turn: turn.call("gone", then="menu"),
            "the flow 'gone', which the bot lacks; bot.include() it",
        ),
        (lambda turn: turn.call("address", then="gone"), "then='gone', which is not a state"),
        (lambda turn: turn.done(turn), "outside a call"),
    ],
)
def test_wrong_call_is_told(act: Callable[[Turn], str], words: str) -> None:
    bot = a_shop()
    bot.awaits("wrong")(act)
    assert words in told(bot, "wrong")


def test_value_must_be_json() -> None:
    bot, sub = Bot("b", start="start"), Flow("sub", start="x")
    sub.awaits("x")(lambda turn: turn.done({turn}))
    bot.include(sub)
    bot.awaits("start")(lambda turn: turn.call(sub, then="start"))
    with pytest.raises(BotError, match=r"the value of turn.done\(\) is a set"):
        bot.respond(a_situation(state="sub.x", memory={"calls": [["sub", "start"]]}))


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda _bot, _flow: Flow("a.b", start="x"), "a text without a dot, not 'a.b'"),
        (lambda bot, flow: bot.include(flow), 'the flow "address" is included twice'),
        (lambda _bot, flow: flow.awaits("x")(told), "must accept one argument"),
        (lambda _bot, flow: flow.sends("x")(lambda _turn: None), "included already"),
        (lambda bot, _flow: bot.awaits("address.city")(lambda _turn: None), "is defined twice"),
    ],
)
def test_wrong_flow_is_refused_at_once(act: Callable[[Bot, Flow], object], words: str) -> None:
    bot, flow = Bot("b", start="start"), an_address()
    bot.include(flow)
    with pytest.raises(BotDefinitionError, match=words):
        act(bot, flow)
