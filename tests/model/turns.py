"""What must hold of turns: once (P2), in order (P3), whole or not at all (P4), silent on a hold."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row

from tests.model.counting_bot import REPLIES
from tests.model.snapshot import Snapshot, key_of
from tests.model.step import Step

if TYPE_CHECKING:
    from tests.model.world import World

HEARD = {"message", "rerun"}


def check(world: "World", step: Step, before: Snapshot, after: Snapshot) -> None:
    """Raise AssertionError where a promise about turns is broken."""
    _note_what_must_be_counted(world, step, before, after)
    for person in after.people.values():
        labels = after.turns_heard(person.id)
        assert len(labels) == len(set(labels)), f"P2: counted twice: {labels}"
        _counted_in_order(world, after, labels)
    _every_turn_is_whole(world, after)
    _lanes_are_in_order(world, after)
    _log_is_in_order(world, after)
    _alarms_are_for_the_silent(step, before, after)


def _note_what_must_be_counted(
    world: "World", step: Step, before: Snapshot, after: Snapshot
) -> None:
    """A message that is handled now is counted, unless its talk was held; then it is not."""
    lanes: defaultdict[str, list[Row[Any]]] = defaultdict(list)
    for entry in after.entries.values():
        was = before.entries.get(entry.id)
        if step.name == "record" and was and was.status == "waiting" and entry.status == "handled":
            lanes[entry.lane].append(was)
    counted = _labels(after)
    for lane, entries in lanes.items():
        for entry, is_held in _held(world, step, before.open_talk(lane), entries):
            # A state set by hand asks before it hears.
            labels = {key_of(entry), f"{key_of(entry)} nag"} & counted
            assert bool(labels) != is_held, f"P8: counted {labels}, held {is_held}"
            world.counted |= labels
    missing = world.counted - counted
    assert not missing, f"P2: effects of {missing} are gone"


def _held(
    world: "World", step: Step, talk: Row[Any] | None, entries: list[Row[Any]]
) -> Iterator[tuple[Row[Any], bool]]:
    """Which of a lane's messages came while somebody held the talk."""
    now = step.claimed_at
    assert now
    until = talk.held_until if talk else None
    is_held = talk is not None and talk.holder != "bot" and (until is None or until > now)
    for entry in entries:
        if entry.kind not in HEARD:
            continue
        yield entry, is_held
        # A turn that hands over is the last that the bot answers.
        is_held = is_held or world.said[entry.provider_id].text == "hand over"


def _labels(after: Snapshot) -> set[str]:
    return {label for person in after.people for label in after.turns_heard(person)}


def _counted_in_order(world: "World", after: Snapshot, labels: list[str]) -> None:
    keys = {key_of(entry): entry for entry in after.entries.values() if entry.kind == "message"}
    heard = [keys[label] for label in labels if label in keys]
    acked = [
        world.acked.index(entry.provider_id) for entry in heard if entry.id not in world.ever_parked
    ]
    assert acked == sorted(acked), f"P3: counted out of order: {labels}"


def _every_turn_is_whole(world: "World", after: Snapshot) -> None:
    by_turn, by_key = after.by_turn(), defaultdict(list)
    for label in _labels(after):
        by_key[label.split()[0]].append(label)
    stepped = {step.turn_id for step in after.steps}
    for entry in after.entries.values():
        if entry.kind == "consent":
            continue
        rows = by_turn.get(entry.id, [])
        ordinals = [row.ordinal for row in rows]
        assert len(ordinals) == len(set(ordinals)), f"P2: recorded twice: {ordinals}"
        replies = sorted(row.body for row in rows if row.ordinal)
        if entry.status != "handled":
            # One that comes again when its key is forgotten was counted the first time.
            is_known = entry.provider_id in world.settled
            is_counted = key_of(entry) in by_key and not is_known
            is_bare = not replies and entry.id not in stepped and not is_counted
            assert is_bare, f"P4: {entry.status}, and left {replies}"
            is_logged = 0 in ordinals
            assert not (is_logged and entry.kind == "message" and entry.status == "waiting"), "P4"
            continue
        own = by_key.get(key_of(entry), [])
        assert replies == sorted(_said(world, entry, own)), f"P4: {replies} of {own}"
        if entry.kind in HEARD:
            assert 0 in ordinals, f"P4: {entry.provider_id} is handled and not in the log"


def _said(world: "World", entry: Row[Any], labels: list[str]) -> Iterator[str]:
    for label in labels:
        is_heard = label == key_of(entry) and entry.kind in HEARD
        count = REPLIES.get(world.said[entry.provider_id].text, 1) if is_heard else 1
        for part in range(1, count + 1):
            yield f"{label} {part} of {count}"


def _lanes_are_in_order(world: "World", after: Snapshot) -> None:
    waits: set[str] = set()
    for entry in after.entries.values():
        if entry.kind == "consent" or entry.id in world.ever_parked:
            continue
        if entry.status == "waiting":
            waits.add(entry.lane)
        elif entry.status == "handled":
            assert entry.lane not in waits, f"P3: {entry.provider_id} overtook its lane"


def _log_is_in_order(world: "World", after: Snapshot) -> None:
    order = {provider_id: position for position, provider_id in enumerate(world.acked)}
    logged: defaultdict[Any, list[int]] = defaultdict(list)
    for row in after.messages.values():
        entry = after.entries.get(row.turn_id or 0)
        is_turn = row.direction == "inbound" and entry and entry.kind == "message"
        if is_turn and row.turn_id not in world.ever_parked:
            logged[row.contact_id].append(order[row.provider_id])
    for positions in logged.values():
        assert positions == sorted(positions), f"P3: the log is out of order: {positions}"


def _alarms_are_for_the_silent(step: Step, before: Snapshot, after: Snapshot) -> None:
    """A time-out speaks only where nobody wrote between its arming and its turn."""
    counted = _labels(after) - _labels(before)
    for timer in before.entries.values():
        if timer.kind != "timer" or f"{key_of(timer)} nag" not in counted:
            continue
        armed_at = datetime.fromisoformat(timer.payload["armed_at"])
        # A repetition whose key was pruned is no word of the contact.
        repeated = {row.provider_id for row in before.messages.values()}
        heard = [
            entry.provider_id
            for entry in before.entries.values()
            if entry.lane == timer.lane and entry.kind == "message" and entry.id < timer.id
            if entry.received_at > armed_at and entry.provider_id not in repeated
        ]
        assert heard == [], f"P3: nagged after {heard} at {step.claimed_at}"
