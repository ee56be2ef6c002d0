"""`turn.back()`: the AWAIT-state before, as it was come to; nothing is kept for bots without it."""

from pipeline.botkit import Bot, Flow, Tester, Turn
from tests.pipeline.botkit.situations import a_situation


def a_walk(length: int = 4) -> Bot:
    """s0 -> s1 -> ...: "on" goes on, "back" goes back; each says its name, s2 by a SEND-state."""
    bot = Bot("walk", start="s0")

    def handle(turn: Turn) -> str | None:
        if turn.says("back"):
            return turn.back()
        number = int(turn.state.removeprefix("s")) + 1
        following = f"to_s{number}" if number == 2 else f"s{number}"
        return following if turn.says("on") else None

    for number in range(length):
        entry = None if number == 2 else f"This is s{number}."
        bot.awaits(f"s{number}", entry=entry)(handle)
    bot.sends("to_s2", then="s2")(lambda turn: turn.say("On to s2."))
    return bot


def test_back_says_the_state_before_again() -> None:
    tester = Tester(a_walk()).hears("hi").hears("on").hears("on").hears("on").in_state("s3")
    tester.hears("back").says("On to s2.").in_state("s2")
    tester.hears("back").says("This is s1.").in_state("s1")
    tester.hears("on").hears("back").says("This is s1.").in_state("s1")


def test_back_at_the_start_stays() -> None:
    tester = Tester(a_walk()).hears("hi").hears("back").says("This is s0.").in_state("s0")
    tester.hears("on").hears("back").hears("back").hears("back").in_state("s0")


def test_staying_is_no_step_of_the_way() -> None:
    tester = Tester(a_walk()).hears("hi").hears("on").hears("stay").hears("stay")
    tester.hears("back").in_state("s0")


def test_way_back_is_twenty_long() -> None:
    tester = Tester(a_walk(30)).hears("hi")
    for _ in range(25):
        tester.hears("on")
    assert len(tester.talk.memory["trail"]) == 21
    for _ in range(25):
        tester.hears("back")
    tester.in_state("s5")


def test_bot_without_back_keeps_nothing() -> None:
    bot = Bot("plain", start="a")
    bot.awaits("a")(lambda _turn: "b")
    bot.awaits("b")(lambda _turn: "a")
    assert bot.respond(a_situation(state="a")).memory == {}


def test_state_that_is_gone_is_passed_over() -> None:
    memory = {"trail": [["s0"], ["gone"], ["s3"]]}
    outcome = a_walk().respond(a_situation("back", state="s3", memory=memory))
    assert (outcome.state, outcome.memory) == ("s0", {"trail": [["s0"]]})


def test_renamed_state_is_found_again() -> None:
    bot = a_walk()
    bot.renamed("old", "s1")
    memory = {"trail": [["s0"], ["old"], ["s3"]]}
    assert bot.respond(a_situation("back", state="s3", memory=memory)).state == "s1"


def test_back_out_of_a_flow_and_into_it_again() -> None:
    bot, sub = Bot("walk", start="a"), Flow("sub", start="x")
    sub.awaits("x")(lambda turn: turn.back() if turn.says("back") else "y")
    sub.awaits("y")(lambda turn: turn.back() if turn.says("back") else turn.done(7))
    bot.include(sub)
    bot.awaits("a")(lambda turn: turn.call(sub, then="b"))

    @bot.awaits("b")
    def b(turn: Turn) -> str:
        return turn.back()

    tester = Tester(bot).hears("hi").in_state("sub.x").hears("back").in_state("a")
    assert "calls" not in tester.talk.memory
    tester.hears("hi").hears("on").hears("on").in_state("b").hears("oops").in_state("sub.y")
    tester.hears("on").in_state("b")


def test_back_from_a_command_and_a_time_out() -> None:
    bot = a_walk()
    bot.command("menu")(lambda _turn: "s0")
    tester = Tester(bot).hears("hi").hears("on").hears("menu").in_state("s0")
    tester.hears("back").in_state("s1")


def test_operators_change_forgets_the_way() -> None:
    tester = Tester(a_walk()).hears("hi").hears("on").enters("s3").says("This is s3.")
    tester.hears("back").in_state("s3")


def test_back_in_a_state_that_is_gone_leads_to_the_start() -> None:
    bot = a_walk()
    bot.command("undo")(lambda turn: turn.back())
    outcome = bot.respond(a_situation("undo", state="removed"))
    assert outcome.state == "s0"
