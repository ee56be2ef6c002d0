"""`turn.end()` is a way out: nothing follows it, and no check calls it a dead end or a loop."""

from pipeline.botkit import Bot, Turn
from tests.pipeline.botkit.situations import a_situation


def goodbye(turn: Turn) -> None:
    turn.say("Bye")
    turn.end()


def test_nothing_is_said_after_the_end() -> None:
    bot = Bot("b", start="a")
    bot.awaits("a", entry="Well?")(lambda _turn: "leave")
    bot.sends("leave", then="a")(lambda turn: goodbye(turn))  # noqa: PLW0108 (one that calls)
    outcome = bot.respond(a_situation(state="a"))
    assert outcome.is_ended
    assert [reply.body for reply in outcome.replies] == ["Bye"]


def test_end_in_a_called_function_and_in_a_loop_is_no_mistake() -> None:
    bot = Bot("b", start="a")
    bot.awaits("a")(lambda turn: goodbye(turn))  # noqa: PLW0108 (one that calls)

    @bot.sends("leave")
    def leave(turn: Turn) -> None:
        goodbye(turn)

    @bot.sends("round", then="round")
    def around(turn: Turn) -> str | None:
        return "a" if turn.data else None

    assert [problem.text for problem in bot.check() if problem.severity == "error"] == []
