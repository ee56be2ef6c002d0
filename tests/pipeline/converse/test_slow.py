"""Slow handlers, the turn limit, and stopping: nobody waits for one contact's turn (promise P9)."""

import threading
import time

import pytest

from pipeline.botkit import Turn
from pipeline.converse.claim import claim
from pipeline.enums import Direction
from pipeline.records.core import lanes
from tests.pipeline.conftest import MakeStage
from tests.stage import ADA, BOB, Stage


class Gate:
    """A handler that, on "slow", waits until it is let go."""

    def __init__(self) -> None:
        self.is_open = threading.Event()
        self.begun = threading.Event()

    def answer(self, turn: Turn) -> None:
        if turn.message.text == "slow":
            self.begun.set()
            self.is_open.wait(10)
        turn.say(turn.message.text)


def start(s: Stage) -> threading.Thread:
    thread = threading.Thread(target=s.converse)
    thread.start()
    return thread


def wait_for(s: Stage, count: int, seconds: float) -> float:
    """How long it took until there were so many replies."""
    began = time.monotonic()
    while len(s.replies) < count and time.monotonic() - began < seconds:
        time.sleep(0.01)
    return time.monotonic() - began


@pytest.mark.alone
def test_slow_turn_holds_up_no_other_contact(stage: MakeStage) -> None:
    gate = Gate()
    s = stage(gate.answer)
    s.hears("slow")
    for number in range(5):
        s.hears("quick", f"+1415555050{number}")
    slow = start(s)
    gate.begun.wait(5)
    deadline = time.monotonic() + 2
    while "converse" not in s.wakeups and time.monotonic() < deadline:
        time.sleep(0.01)
    other = start(s)
    assert wait_for(s, 5, 2) < 1
    gate.is_open.set()
    slow.join()
    other.join()
    assert sorted(s.replies) == ["quick"] * 5 + ["slow"]


@pytest.mark.alone
def test_finished_turns_are_recorded_beside_a_slow_one(stage: MakeStage) -> None:
    gate = Gate()
    s = stage(gate.answer)
    for text, contact in (("quick", BOB), ("slow", ADA)):
        s.clock.pass_by(1)
        s.hears(text, contact)
        with s.database.write() as connection:
            lanes.note(connection, Direction.INBOUND, [contact], s.clock())
    slow = start(s)
    gate.begun.wait(5)
    assert wait_for(s, 1, 2) < 1
    gate.is_open.set()
    slow.join()
    assert s.replies == ["quick", "slow"]


def test_turn_over_the_limit_loses_its_effects(stage: MakeStage) -> None:
    gate = Gate()
    s = stage(gate.answer, turn_limit_seconds=0.3)
    s.hears("slow")
    began = time.monotonic()
    s.converse()
    assert 0.3 <= time.monotonic() - began < 2
    (entry,) = s.entries()
    assert (entry.status, entry.attempts) == ("waiting", 1)
    assert "longer than 0.3 s" in entry.error
    assert (s.lane().due_at - s.clock()).total_seconds() == 1
    assert s.overruns == ["overrun"]
    gate.is_open.set()
    s.clock.pass_by(1)
    s.converse()
    assert s.replies == ["slow"]


def test_drain_goes_on_after_an_abandoned_turn(stage: MakeStage) -> None:
    gate = Gate()
    s = stage(gate.answer, turn_limit_seconds=0.2)
    s.hears("slow")
    s.hears("quick", "+14155550500")
    s.converse()
    assert s.replies == ["quick"]
    gate.is_open.set()


def test_stopping_gives_leases_back(stage: MakeStage) -> None:
    gate = Gate()
    s = stage(gate.answer)
    s.hears("slow")
    for number in range(3):
        s.hears("quick", f"+1415555050{number}")
    slow = start(s)
    gate.begun.wait(5)
    s.is_stopping = True
    time.sleep(0.4)
    gate.is_open.set()
    slow.join(2)
    assert not slow.is_alive()
    # The turn that was under way is recorded; the others are free at once, and uncounted.
    assert s.replies[-1] == "slow"
    s.is_stopping = False
    s.converse()
    assert sorted(s.replies) == ["quick"] * 3 + ["slow"]


def test_drain_that_is_stopped_takes_nothing(stage: MakeStage) -> None:
    s = stage()
    s.hears("hi")
    s.is_stopping = True
    s.converse()
    assert s.replies == []
    assert s.entries()[0].status == "waiting"


def test_renewed_lease_is_ours_for_longer(stage: MakeStage) -> None:
    s = stage()
    s.hears("hi")
    batch = claim(s.database, 8)
    s.clock.pass_by(10)
    s.conversing()._renew(batch.token, [ADA])
    s.clock.pass_by(14)
    assert claim(s.database, 8).works == []
    s.clock.pass_by(1)
    assert [work.key for work in claim(s.database, 8).works] == [ADA]
