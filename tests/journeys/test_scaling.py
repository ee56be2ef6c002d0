"""More processes mean more work done, and a process that is told to end loses nothing."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from signal import SIGTERM

import pytest

from proving.faults import EVERYTHING, Process, Stack, eventually, fake_contacts
from proving.faults.turn_trace import TraceEvent, read_trace
from tests.journeys.effects import assert_each_once, leased, say_all, settle
from tests.stack.fixtures import BOT, MakeStack, figure

STOPPED_WITHIN_SECONDS = 10.0
SPEED_UP = 1.4
SOON_SECONDS = 3.0


@pytest.fixture
def stack(make_stack: MakeStack) -> Iterator[Stack]:
    """One that the test starts, with the bot that counts."""
    with make_stack("postgresql + redis", BOT=BOT) as made:
        yield made


def _turns(stack: Stack) -> list[TraceEvent]:
    return [event for event in read_trace(stack.bot_log) if event.what == "end"]


def _rate(turns: Sequence[TraceEvent]) -> float:
    """Turns a second."""
    return (len(turns) - 1) / float(turns[-1].at - turns[0].at)


def _seconds_to_stop(*processes: Process) -> list[float]:
    """Tell all of them to end, at once; the seconds each took."""
    with ThreadPoolExecutor(len(processes)) as supervisor:
        return list(supervisor.map(lambda one: one.stop(SIGTERM, within_seconds=30), processes))


@pytest.mark.alone
def test_a_second_worker_doubles_the_turns(stack: Stack) -> None:
    # Without dispatch, which would take its part of a small machine.
    stack.start("web", "clock")
    said = {person: ["pause 0.05"] for person in fake_contacts(stack, 240)}
    say_all(said)
    stack.start("converse")
    first = eventually(lambda: _turns(stack))[0].process
    stack.start("converse")
    ready_at = time.monotonic()
    eventually(lambda: len(_turns(stack)) == len(said), 30)
    turns = _turns(stack)
    joined_at = next(turn.at for turn in turns if turn.process != first)
    alone = _rate([turn for turn in turns if turn.at < joined_at])
    together = _rate([turn for turn in turns if turn.at >= joined_at])
    figure(f"turns of 50 ms: {alone:.1f}/s with one worker, {together:.1f}/s with two")
    assert joined_at - ready_at < SOON_SECONDS
    assert together > SPEED_UP * alone
    stack.start("dispatch")
    settle(stack)
    assert_each_once(stack, said)


def test_sigterm_under_load_loses_nothing(stack: Stack) -> None:
    _, converse, dispatch, _ = stack.start(*EVERYTHING)
    stack.fake.turn(latency_seconds=0.2)
    said = {person: ["pause 0.05", "two", "x"] for person in fake_contacts(stack, 80)}
    say_all(said)
    eventually(lambda: len(_turns(stack)) > 20)
    stopped_in = _seconds_to_stop(converse, dispatch)
    figure("SIGTERM under load: converse {:.1f} s, dispatch {:.1f} s".format(*stopped_in))
    assert max(stopped_in) < STOPPED_WITHIN_SECONDS
    assert leased(stack) == []
    assert len(_turns(stack)) < 240
    stack.start("converse", "dispatch")
    settle(stack)
    assert_each_once(stack, said)
