"""What graph.js is given to draw: nodes, lines between their numbers, counts apart."""

from datetime import timedelta

from flask import Flask

from pipeline.botkit import Bot, Name
from pipeline.queries.machine import places
from pipeline.queries.states import StateCount
from tests.builders import a_bot
from web.dashboard.states.drawing import Drawing, Edge, drawing

START, SUPPORT, GREET, NEXT = range(4)


def drawn(bot: Bot, *counts: StateCount) -> Drawing:
    app = Flask("drawn")
    app.add_url_rule("/conversations", "conversations.index")
    with app.test_request_context():
        return drawing(bot, places(bot, counts))


def test_states_are_nodes_and_moves_are_lines() -> None:
    found = drawn(a_bot())
    assert [node.name for node in found.nodes] == ["start", "support", "greet"]
    assert [node.sort for node in found.nodes] == ["await", "await", "send"]
    assert found.nodes[START].note == "start · waits · dead end"
    assert found.nodes[GREET].note == "sends · unreachable"
    assert found.lines == (
        Edge(SUPPORT, START, "timeout", ("after 30 min",)),
        Edge(GREET, SUPPORT, "then", ()),
    )


def test_counts_leave_the_drawing_as_it_is() -> None:
    before, after = drawn(a_bot()), drawn(a_bot(), StateCount("start", True, 7))
    assert before.version == after.version
    assert (before.counts, after.counts) == ((0, 0, 0), (7, 0, 0))


def test_another_machine_is_another_drawing() -> None:
    bot = a_bot()
    bot.awaits("late", to=["start"])(lambda _turn: None)
    assert drawn(bot).version != drawn(a_bot()).version


def test_unknown_state_leads_to_the_start() -> None:
    found = drawn(a_bot(), StateCount("abandoned", False, 2))
    node = found.nodes[NEXT]
    assert (node.sort, node.tint, node.is_odd) == ("unknown", "unknown", True)
    assert found.lines[-1] == Edge(NEXT, START, "fallback", ("handled by the start state",))


def test_unknown_state_leads_where_the_fallback_leads() -> None:
    bot = a_bot()

    @bot.fallback
    def lost(_turn: object) -> str:
        return "support"

    found = drawn(bot, StateCount("abandoned", False, 2))
    assert found.lines[-1] == Edge(NEXT, SUPPORT, "fallback", ("fallback",))


def test_commands_come_from_one_node_not_from_every_state() -> None:
    bot = a_bot()

    @bot.command("menu", "home")
    def menu(_turn: object) -> str:
        return "start"

    found = drawn(bot)
    anywhere = found.nodes[NEXT]
    assert (anywhere.name, anywhere.sort, anywhere.href) == ("anywhere", "anywhere", "")
    assert found.lines[-1] == Edge(NEXT, START, "command", ("“menu” / “home”",))
    assert len(found.counts) == NEXT


def test_a_state_of_any_name_is_just_a_state() -> None:
    bot = Bot("stars", start="*")
    bot.awaits("*", to=["anywhere"])(lambda _turn: None)
    bot.awaits("anywhere", to=["*"])(lambda _turn: None)
    assert drawn(bot).lines == (Edge(0, 1, "move", ()), Edge(1, 0, "move", ()))


def test_moves_between_two_states_are_one_line() -> None:
    bot = Bot("twice", start="a")
    bot.awaits("a", to=["b"], timeout=timedelta(hours=1), on_timeout="b")(lambda _turn: None)
    bot.awaits("b", to=["b"])(lambda _turn: None)
    assert drawn(bot).lines == (
        Edge(0, 1, "move", ("or after 1 h",)),
        Edge(1, 1, "move", ()),
    )


def test_renamed_state_leads_to_its_old_conversations_too() -> None:
    bot = a_bot()
    bot.renamed("help", "support")
    found = drawn(bot, StateCount("help", False, 2))
    assert found.counts[SUPPORT] == 2
    assert found.nodes[SUPPORT].href == "/conversations?state=support&state=help"


def test_questions_and_nudges_are_noted() -> None:
    bot = Bot("b", start="ask")
    nudge = {"nudge_after": timedelta(minutes=5), "nudge": "Hm?"}
    bot.asks("ask", "Who?", Name(), into="who", then="b", tries=2, give_up="c", **nudge)  # type: ignore[arg-type]  # a dict of several
    bot.awaits("b")(lambda turn: turn.back())
    bot.sends("c", then="ask")(lambda _turn: None)
    found = drawn(bot)
    assert found.nodes[0].note == "start · asks · nudges after 5 min"
    assert Edge(0, 2, "move", ("after 2 wrong answers",)) in found.lines
    assert Edge(0, 1, "move", ()) in found.lines
