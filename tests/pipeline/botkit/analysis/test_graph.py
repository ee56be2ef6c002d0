"""The machine as the code shows it: states, transitions, commands, and what looks wrong."""

from datetime import timedelta

import pytest

from pipeline.botkit import Bot, Turn
from pipeline.botkit.analysis import graph
from pipeline.botkit.analysis.graph import Command, Edge
from pipeline.botkit.definition import HandlerFunction

HALF_AN_HOUR = timedelta(minutes=30)


def says_so(turn: Turn) -> None:
    turn.say("so")


def to_second(turn: Turn) -> str | None:
    if turn.says("go"):
        return "second"
    return "start" if turn.says("stay") else None


def somewhere(turn: Turn) -> str:
    return str(turn.data["next"])


def a_sound_bot() -> Bot:
    bot = Bot("sound", start="start")
    bot.awaits("start", timeout=timedelta(hours=25), on_timeout="bye")(to_second)
    bot.awaits("second", to=["start"])(somewhere)
    bot.sends("bye", then="start")(says_so)
    bot.command("menu", "home")(to_second)
    bot.fallback(says_so)
    bot.renamed("hello", "start")
    return bot


def an_odd_bot() -> Bot:
    """Nothing leads to "island", and nothing out of "pit"."""
    bot = Bot("odd", start="start")
    bot.awaits("start", to=["pit"])(somewhere)
    bot.awaits("pit", to=["pit"])(somewhere)
    bot.awaits("island", to=["start"])(somewhere)
    return bot


def test_edges_are_read_from_the_code() -> None:
    assert graph.edges(a_sound_bot()) == [
        Edge("start", "second"),
        Edge("start", "start"),
        Edge("start", "bye", "after 1 d 1 h"),
        Edge("second", "start"),
        Edge("bye", "start", "then"),
        Edge("*", "second", 'command "menu"'),
        Edge("*", "start", 'command "menu"'),
        Edge("*", "start", "fallback"),
    ]


def test_machine_tells_moves_from_time_outs() -> None:
    machine = graph.machine(a_sound_bot())
    start, second, bye = machine.states
    assert start.transitions == (Edge("start", "second"), Edge("start", "start"))
    assert start.timeout == Edge("start", "bye", "after 1 d 1 h")
    assert (start.is_start, second.is_start) == (True, False)
    assert bye.sort == "send"
    assert [state.marks for state in machine.states] == [(), (), ()]


def test_machine_knows_what_happens_anywhere() -> None:
    machine = graph.machine(a_sound_bot())
    assert machine.commands == (Command(("menu", "home"), ("second", "start"), is_open=False),)
    assert (machine.has_fallback, machine.fallback) == (True, ("start",))
    assert machine.renames == (("hello", "start"),)


def test_without_fallback_the_start_hears() -> None:
    machine = graph.machine(an_odd_bot())
    assert (machine.has_fallback, machine.fallback) == (False, ("start",))


def test_states_without_a_way_are_marked() -> None:
    marks = {state.name: state.marks for state in graph.machine(an_odd_bot()).states}
    assert marks == {"start": (), "pit": (graph.NO_EXIT,), "island": (graph.UNREACHABLE,)}


@pytest.mark.parametrize("handler", [to_second, somewhere])
def test_command_may_lead_out(handler: HandlerFunction) -> None:
    bot = an_odd_bot()
    bot.awaits("second", to=["start"])(somewhere)
    bot.command("menu")(handler)
    marks = {state.name: state.marks for state in graph.machine(bot).states}
    assert marks["pit"] == ()


def test_bot_of_one_state_has_nowhere_to_go() -> None:
    bot = Bot("echo", start="start")
    bot.awaits("start")(says_so)
    assert graph.machine(bot).states[0].marks == ()


def test_bot_that_cannot_be_loaded_has_no_machine() -> None:
    machine = graph.machine(Bot("bots.gone:bot", start=""))
    assert (machine.states, machine.fallback) == ((), ())


def test_machine_is_drawn_as_text() -> None:
    bot = Bot("drawn", start="start")
    bot.awaits("start")(somewhere)
    bot.awaits("pit", to=["pit"], timeout=HALF_AN_HOUR, on_timeout="bye")(somewhere)
    bot.sends("bye", then="start")(says_so)
    bot.command("go", "on")(to_second)
    bot.awaits("second", to=["start"])(somewhere)
    bot.command("jump")(somewhere)
    bot.command("about")(says_so)
    bot.fallback(says_so)
    bot.renamed("hello", "start")
    assert graph.as_text(bot) == DRAWN


DRAWN = """\
drawn, starting in start

start  (awaits, the start)
  -> ?  (decided while it runs)

pit  (awaits)
  -> pit
  -> bye  (after 30 min)

bye  (sends)
  -> start  (then)

second  (awaits)
  -> start

anywhere
  -> second  ("go" or "on")
  -> start  ("go" or "on")
  -> ?  ("jump", decided while it runs)
  -> the same state  ("about")

a state that is not in the code
  -> start  (fallback)

renamed
  hello -> start"""


def test_marks_are_drawn_as_text() -> None:
    text = graph.as_text(an_odd_bot())
    assert f"island  (awaits)\n  -> start\n  ! {graph.UNREACHABLE}" in text
    assert f"pit  (awaits)\n  -> pit\n  ! {graph.NO_EXIT}" in text
