"""Steps of an operator: set a state, hold, give back, end, write, re-run or skip what is parked."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Row

from pipeline import override
from pipeline.errors import ChangeRefused
from tests.model.world import World

OPERATOR = "ada@example.com"


def change_state(world: World, contact: str, state: str) -> None:
    def change(talk: Row[Any]) -> None:
        override.change_state(world.stage.runtime, talk.id, state, actor=OPERATOR)

    if talk := _does(world, contact, change):
        assert talk.state == state, "P8: the operator's state is set"


def hold(world: World, contact: str, minutes: int | None = None) -> None:
    def take(talk: Row[Any]) -> None:
        override.take_over(world.stage.runtime, talk.id, actor=OPERATOR, minutes=minutes)

    if talk := _does(world, contact, take):
        assert talk.holder == "operator", "P8: the operator holds"


def give_back(world: World, contact: str) -> None:
    def free(talk: Row[Any]) -> None:
        override.release(world.stage.runtime, talk.id, actor=OPERATOR)

    if talk := _does(world, contact, free):
        assert talk.holder == "bot", "P8: the bot answers again"


def end(world: World, contact: str) -> None:
    def close(talk: Row[Any]) -> None:
        override.end(world.stage.runtime, talk.id, actor=OPERATOR)

    if talk := _does(world, contact, close):
        assert talk.closed_at, "P8: the talk is over"


def _does(world: World, contact: str, act: Callable[[Row[Any]], None]) -> Row[Any] | None:
    """Act on the contact's open talk; returns it as it is then, None where there is none."""
    talk = world.current.open_talk(contact)
    if talk is None:
        return None
    with world.step("operator", talk=talk.id):
        act(talk)
        world.changes[talk.id] += 1
    return world.current.talks[talk.id]


def write(world: World, contact: str) -> None:
    """Words of the operator, which wait in the outbox like any."""
    if not (talk := world.current.open_talk(contact)):
        return
    body = f"operator {len(world.current.messages)}"
    with world.step("write"):
        try:
            override.send_message(world.stage.runtime, talk.id, body, actor=OPERATOR)
        except ChangeRefused:
            assert world.current.people[talk.contact_id].opt_outs, "only a STOP is in the way"


def see_to_parked(world: World, *, is_rerun: bool) -> None:
    """Take the first parked turn up again, or skip it for good."""
    parked = [entry.id for entry in world.current.entries.values() if entry.status == "parked"]
    if not parked:
        return
    act = override.rerun if is_rerun else override.skip
    with world.step("rerun" if is_rerun else "skip"):
        act(world.stage.runtime, parked[0], actor=OPERATOR)
