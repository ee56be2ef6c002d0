"""The promises of docs/architecture.md, looked at after each step; each failure names its own."""

from collections import defaultdict
from typing import TYPE_CHECKING

from tests.model import deliveries, turns
from tests.model.snapshot import Snapshot
from tests.model.step import Step

if TYPE_CHECKING:
    from tests.model.world import World


def check(world: "World", step: Step, before: Snapshot, after: Snapshot) -> None:
    """Raise AssertionError, which begins with the promise, where one is broken."""
    _nothing_is_lost(world, after)
    _entries_move_on(step, before, after)
    _operators_have_the_last_word(world, step, before, after)
    _who_lost_a_lease_changes_nothing(step, before, after)
    turns.check(world, step, before, after)
    deliveries.check(world, step, before, after)


def _nothing_is_lost(world: "World", after: Snapshot) -> None:
    rows: defaultdict[str, list[str]] = defaultdict(list)
    for entry in after.entries.values():
        rows[entry.provider_id].append(entry.status)
        if entry.status in {"handled", "ignored"}:
            world.settled.add(entry.provider_id)
        if entry.status == "parked":
            world.ever_parked.add(entry.id)
    for provider_id in world.acked:
        assert rows[provider_id] or provider_id in world.settled, f"P1: {provider_id} is lost"
    twice = [provider_id for provider_id, found in rows.items() if len(found) > 1]
    assert twice == [], f"P1: {twice} are there twice"


# Which step may move an entry from one status to another.
_MOVES = {
    ("waiting", "handled"): {"record", "settle"},
    ("waiting", "parked"): {"record", "settle"},
    ("waiting", "ignored"): {"record"},
    ("parked", "waiting"): {"rerun"},
    ("parked", "ignored"): {"skip"},
}


def _entries_move_on(step: Step, before: Snapshot, after: Snapshot) -> None:
    for entry in before.entries.values():
        now = after.entries.get(entry.id)
        if now is None:
            assert step.name == "prune", f"P1: entry {entry.id} vanished"
            assert entry.status in {"handled", "ignored"}, f"P1: {entry.id} was pruned too soon"
        elif now.status != entry.status:
            allowed = _MOVES.get((entry.status, now.status), set())
            assert step.name in allowed, f"P2: {entry.status} -> {now.status} in {step.name}"


def _operators_have_the_last_word(
    world: "World", step: Step, before: Snapshot, after: Snapshot
) -> None:
    for talk in before.talks.values():
        now = after.talks[talk.id]
        fields = ("state", "state_seq", "data", "holder", "held_by", "held_until", "closed_at")
        changed = [name for name in fields if getattr(talk, name) != getattr(now, name)]
        if not changed or step.talk == talk.id:
            continue
        assert step.name == "record", f"P8: {step.name} changed {changed}"
        is_fresh = step.seen[talk.id] == world.changes[talk.id]
        assert is_fresh, f"P8: a turn in flight overwrote {changed}"


def _who_lost_a_lease_changes_nothing(step: Step, before: Snapshot, after: Snapshot) -> None:
    for key, direction in step.lost:
        lane = (key, direction)
        assert before.lanes[lane] == after.lanes[lane], f"P3: a lane of others was changed: {lane}"
        if direction == "inbound":
            was = [entry for entry in before.entries.values() if entry.lane == key]
            now = [after.entries[entry.id] for entry in was]
            assert was == now, f"P3: entries of a lane of others were changed: {key}"
