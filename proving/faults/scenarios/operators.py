"""Operators act while turns of the same conversations are in flight: their changes stay (P8)."""

import time
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from sqlalchemy import select

from pipeline.records.core.transitions import Transition
from proving.faults.contacts import FakeContact
from proving.faults.processes import eventually
from proving.faults.run import Run
from proving.faults.scenario import Group
from proving.faults.scenarios.broker import at_work, goes_on
from proving.faults.stack import EVERYTHING
from proving.faults.violations import Allowed

_SILENT = Allowed(silences=True)
# A send in flight when an operator takes over still ends.
_UNDER_WAY_SECONDS = 3.0

scenario = Group("worker", [])


def _change(run: Run, conversation: str, **change: Any) -> None:
    status, answer = run.stack.api("PATCH", f"/conversations/{conversation}", **change)
    assert status == 200, answer


def _known(run: Run, count: int) -> dict[FakeContact, str]:
    """So many contacts who have written once, and the ids of their conversations."""
    persons = run.fake_contacts(count)
    run.traffic.send_all({person: ["hello"] for person in persons})
    eventually(lambda: all(person.got for person in persons), 20)
    return {person: person.conversation["id"] for person in persons}


def _chained(run: Run, conversations: Sequence[str]) -> None:
    """Each step of a conversation starts from where the one before it ended."""
    query = select(Transition.__table__).order_by(Transition.id)
    with run.stack.database.read() as connection:
        steps = [
            row for row in connection.execute(query) if str(row.conversation_id) in conversations
        ]
    for conversation in conversations:
        mine = [step for step in steps if str(step.conversation_id) == conversation]
        for before, after in pairwise(mine):
            assert before.to_state == after.from_state, f"{before} was overwritten by {after}"


@scenario("P8 operator moves during turns", needs_counting_bot=True, is_core=True)
def moves(run: Run) -> None:
    """An operator sets the state of conversations with turns in flight, and workers are killed.

    The turn is thrown away and runs again from the operator's state, so no step is missing.
    """
    run.start(*EVERYTHING)
    talks = _known(run, 6)
    texts = {person: ["pause 0.4", "pause 0.2", "x", "pause 0.3"] for person in talks}
    with run.supervised(), run.traffic.meanwhile(texts):
        for turn in range(6):
            for conversation in talks.values():
                _change(run, conversation, state=f"set {turn}", force=True)
                run.record(f"set the state of {conversation}")
            # Once a turn in flight is overtaken and ends by itself, once it is killed.
            if turn % 2:
                _kill_one(run, "converse")
            else:
                time.sleep(0.6)
    goes_on(run, 60.0)
    eventually(lambda: not run.waiting(), 30)
    _chained(run, list(talks.values()))


def _kill_one(run: Run, name: str) -> None:
    for process, line in run.stack.running().items():
        if line == name:
            run.kill(process)
            return


@scenario("P8 operator holds during turns", needs_counting_bot=True, allowed=_SILENT, is_quick=True)
def holds(run: Run) -> None:
    """An operator takes conversations whose turns are in flight; workers are killed meanwhile.

    From then on the bot is paused, until the operator has handed the conversation back; the
    state that the operator sets last is the one that it is in.
    """
    run.start(*EVERYTHING)
    talks = _known(run, 5)
    texts = {person: ["pause 0.5", "three 1", "x", "three 2", "y", "z"] for person in talks}
    with run.supervised(), run.traffic.meanwhile(texts, every_seconds=0.4):
        at_work(run)
        held_at = _hold(run, talks)
        _kill_one(run, "converse")
        _kill_one(run, "dispatch")
        for conversation in talks.values():
            _change(run, conversation, state="kept", force=True)
    eventually(lambda: not run.waiting(), 60)
    for person, conversation in talks.items():
        found = run.stack.get(f"/conversations/{conversation}")
        assert (found["state"], found["holder"]) == ("kept", "operator"), found
        _says_nothing(run, person, since=held_at)
        _change(run, conversation, holder="bot")
    run.traffic.send_all({person: ["after"] for person in talks})
    eventually(lambda: all(person.got[-1].endswith(": after") for person in talks), 20)


def _hold(run: Run, talks: dict[FakeContact, str]) -> float:
    for conversation in talks.values():
        _change(run, conversation, holder="operator")
        run.record(f"took {conversation}")
    return time.monotonic()


def _says_nothing(run: Run, person: FakeContact, since: float) -> None:
    late = [
        create.body
        for create in run.fake.creates
        if create.sid and create.to == person.address and create.at > since + _UNDER_WAY_SECONDS
    ]
    assert not late, f"the bot said {late} to a contact whom an operator holds"
