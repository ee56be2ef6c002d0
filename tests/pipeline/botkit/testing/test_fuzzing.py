"""Random conversations: a sound bot survives them; each sort of fault is found and replayed."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings

from bots import template
from pipeline.botkit import Bot, Buttons, Turn
from pipeline.botkit.testing.fuzzing import FuzzRun, fuzz
from pipeline.botkit.testing.script import parse
from pipeline.botkit.testing.script_replay import ScriptMismatch, replay

QUICK = settings(max_examples=150, deadline=None, database=None, derandomize=True)


@QUICK
@given(fuzz(template.bot))
def test_fuzzing_never_breaks_the_template(run: FuzzRun) -> None:
    run.check()


def test_fuzzing_reaches_every_state_of_the_template() -> None:
    reached: set[str] = set()

    @settings(QUICK, max_examples=400, suppress_health_check=list(HealthCheck))
    @given(fuzz(template.bot))
    def go(run: FuzzRun) -> None:
        reached.add(run.talk.state)
        reached.update(run.talk.passed)

    go()
    assert reached >= set(template.bot.states) - {"pause_questions"}


def a_fragile_bot(fault: Callable[[Turn], str | None]) -> Bot:
    """Two states on, at "deep", it has a fault."""
    bot = Bot("fragile", start="start")

    @bot.awaits("start")
    def start(turn: Turn) -> str | None:
        turn.say("Where to?", Buttons(on="Further on", off="Stay"))
        return "middle" if turn.picked("on") else None

    @bot.awaits("middle")
    def middle(turn: Turn) -> str | None:
        turn.say("The word?")
        return "deep" if turn.says("xyzzy") else None

    bot.awaits("deep")(fault)

    @bot.sends("ping")
    def ping(turn: Turn) -> str:
        return "pong" if turn else "deep"

    @bot.sends("pong")
    def pong(turn: Turn) -> str:
        return "ping" if turn else "deep"

    return bot


def raises(turn: Turn) -> str | None:
    missing: dict[str, str] = {}
    return missing[turn.message.text]


def loops(turn: Turn) -> str | None:
    return "ping" if turn.message.text else None


def is_deaf(turn: Turn) -> str | None:
    return None if turn.state else "start"


def failed(run: FuzzRun) -> bool:
    try:
        run.check()
    except AssertionError:
        return True
    return False


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (raises, "KeyError"),
        (loops, "more than 20 SEND-states in one turn: ping > pong"),
        (is_deaf, 'state "deep": a dead end: nothing that the contact does gets a reply'),
    ],
)
def test_faults_are_found_and_told_as_a_talk(
    fault: Callable[[Turn], str | None], said: str
) -> None:
    bot = a_fragile_bot(fault)
    run = find(fuzz(bot), failed, settings=settings(QUICK, max_examples=3000))
    with pytest.raises(AssertionError) as raised:
        run.check()
    message = str(raised.value)
    assert said in message
    # Shrunk to what it takes: one tap or number, one word, and what breaks it.
    assert message.count("\n> ") + message.count("\ntap ") <= 4
    assert "xyzzy" in message
    # The talk itself can be replayed, and fails in the same way.
    script = parse(message.partition("\n\n")[2], "found.talk")
    if fault is is_deaf:
        replay(script, bot, script.channels[0], "found.talk")
    else:
        with pytest.raises(ScriptMismatch, match=r"found\.talk:\d+: "):
            replay(script, bot, script.channels[0], "found.talk")


def test_state_left_by_waiting_only_is_no_dead_end() -> None:
    bot = Bot("patient", start="start")

    @bot.awaits("start", timeout=timedelta(hours=20), on_timeout="start2")
    def start(turn: Turn) -> None:
        turn.data["heard"] = True

    @bot.awaits("start2")
    def start2(turn: Turn) -> None:
        turn.say("awake")

    @settings(QUICK, max_examples=30, phases=[Phase.generate])
    @given(fuzz(bot))
    def go(run: FuzzRun) -> None:
        run.check()

    go()


def test_failing_run_names_the_bot_by_its_module() -> None:
    run = find(fuzz(template.bot), bool, settings=QUICK)
    assert str(run).startswith("bot: bots.template:bot\nchannel: sms\n\n> ")
