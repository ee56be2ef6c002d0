"""The ways that the code shows through questions, flows and back; drawn as text too."""

from datetime import timedelta

from pipeline.botkit import Bot, Flow, Name, Number, Turn
from pipeline.botkit.analysis import graph
from pipeline.botkit.analysis.graph import Edge
from pipeline.botkit.analysis.reachability import uses_back


def a_shop() -> Bot:
    bot, address = Bot("shop", start="menu"), Flow("address", start="street")

    address.asks("street", "Street?", Name(), into="street", then="city", tries=3, give_up="menu")

    @address.awaits("city", entry="City?", nudge_after=timedelta(minutes=5), nudge="Still there?")
    def city(turn: Turn) -> str:
        return turn.back() if turn.says("back") else turn.done(turn.message.text)

    bot.include(address)

    @bot.awaits("menu")
    def menu(turn: Turn) -> str:
        return turn.call(address, then="confirm")

    @bot.asks("confirm", "How many?", Number())
    def confirm(_turn: Turn, value: int) -> str | None:
        return "menu" if value else None

    return bot


def test_edges_of_questions_and_flows() -> None:
    assert graph.edges(a_shop()) == [
        Edge("address.street", "address.city"),
        Edge("address.street", "menu", "after 3 wrong answers"),
        Edge("address.city", "confirm", "address is done"),
        Edge("menu", "address.street", "calls address"),
        Edge("confirm", "menu"),
    ]


def test_sound_bot_with_all_of_it_has_no_problems() -> None:
    assert a_shop().check() == []


def test_nodes_tell_what_they_are() -> None:
    street, city, menu, confirm = graph.machine(a_shop()).states
    assert (street.is_question, street.flow, confirm.is_question) == (True, "address", True)
    assert (city.nudge, city.goes_back, menu.nudge, menu.flow) == ("after 5 min", True, "", "")
    assert {node.marks for node in (street, city, menu, confirm)} == {()}


def a_clinic() -> Bot:
    bot = Bot("clinic", start="start")

    @bot.awaits("start")
    def start(turn: Turn) -> None:
        turn.remind(timedelta(days=1), "day_before")

    bot.sends("day_before", then="start")(lambda turn: turn.say("Tomorrow!"))

    @bot.asks("ask", "How many?", Number(), then="start")
    def ask(turn: Turn, _value: int) -> None:
        turn.remind(timedelta(days=1), state="day_before")

    bot.command("ask")(lambda _turn: "ask")
    return bot


def test_reminders_are_ways_too() -> None:
    found = [edge for edge in graph.edges(a_clinic()) if edge.label == "reminder"]
    assert found == [Edge(name, "day_before", "reminder") for name in ("start", "ask")]
    assert a_clinic().check() == []


def test_reminder_of_an_unknown_state_is_an_error() -> None:
    bot = Bot("clinic", start="start")

    @bot.awaits("start")
    def start(turn: Turn) -> None:
        turn.remind(timedelta(days=1), "day_befor")

    (problem,) = bot.check()
    line = start.__code__.co_firstlineno + 2
    assert (
        f"test_reachability.py:{line}: remind() names 'day_befor', which is not a state"
        in problem.text
    )


def test_to_may_name_a_flow() -> None:
    bot, flow = Bot("b", start="a"), Flow("f", start="x")
    flow.awaits("x")(lambda turn: turn.done())
    bot.include(flow)
    bot.awaits("a", to=["f"])(lambda turn: turn.call(flow, then="a"))
    assert graph.edges(bot)[-1] == Edge("a", "f.x", "calls f")
    assert bot.check() == []


def helper(turn: Turn) -> str:
    return turn.back()


def test_back_is_found_through_what_a_handler_calls() -> None:
    bot = Bot("b", start="a")
    bot.awaits("a")(lambda turn: helper(turn))  # noqa: PLW0108 (a function around another)
    assert uses_back(bot.definition)
    assert not uses_back(Bot("b", start="a").definition)


def test_other_problems_are_drawn_too() -> None:
    bot = a_shop()
    bot.command("stop")(lambda turn: turn.say("never"))
    text = graph.as_text(bot)
    assert 'looks wrong\n  ! bot "shop", command "stop", ' in text


def test_machine_is_drawn_by_flows() -> None:
    assert graph.as_text(a_shop()) == DRAWN


DRAWN = """\
shop, starting in menu

flow address

address.street  (asks)
  -> address.city
  -> menu  (after 3 wrong answers)

address.city  (awaits)
  -> confirm  (address is done)
  -> the same state  (nudges after 5 min)
  -> the state before  (back)

menu  (awaits, the start)
  -> address.street  (calls address)

confirm  (asks)
  -> menu"""


def test_state_that_ends_the_talk_is_no_trap() -> None:
    bot = Bot("desk", start="start")
    bot.awaits("start")(lambda _turn: "bye")

    @bot.sends("bye")
    def bye(turn: Turn) -> None:
        turn.end()

    assert bot.check() == []


def test_words_that_only_sms_keeps_from_a_bot() -> None:
    bot = Bot("b", start="a")
    bot.awaits("a")(lambda turn: turn.say("hi"))
    for word in ("start", "unstop", "help", "stop"):
        bot.command(word)(lambda turn: turn.say("said"))
    said = [str(problem) for problem in bot.check()]
    assert len(said) == 2
    assert '"help" never reaches a bot by SMS:' in said[0]
    assert '"stop" never reaches a bot:' in said[1]
