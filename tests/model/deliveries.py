"""What must hold of messages that go out: P5, P6 and P7, and STOP and a hold at the gates."""

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row

from pipeline.conversation.consent import CONSENT
from pipeline.enums import STATUS_RANK
from tests.model.post_office import Take
from tests.model.snapshot import Snapshot
from tests.model.step import Step

if TYPE_CHECKING:
    from tests.model.world import World

OPEN = {"queued", "sending", "unknown"}
_ENDED_BADLY = {"failed", "undelivered", "suppressed", "canceled", "expired"}


def check(world: "World", step: Step, before: Snapshot, after: Snapshot) -> None:
    """Raise AssertionError where a promise about messages is broken."""
    takes = _takes(world)
    for row in after.outbound:
        taken = len(takes[str(row.public_id)])
        assert taken <= 1 + row.resends, f"P5: sent {taken} times, {row.resends} counted again"
        if row.status in _ENDED_BADLY:
            assert row.error, f"P5: {row.status} without a reason"
        elif row.status not in OPEN:
            assert taken, f"P5: {row.status}, and never handed over"
        assert (row.settled_at is None) == (row.status in OPEN), f"P5: {row.status}, settled or not"
        _status_goes_forward(world, row)
    _first_takes_are_in_order(world, after)
    if step.name == "claim sends":
        _gates_are_kept(world, before, after)


def _takes(world: "World") -> defaultdict[str, list[Take]]:
    found: defaultdict[str, list[Take]] = defaultdict(list)
    for take in world.post.takes:
        found[take.outbound.message_id].append(take)
    return found


def _status_goes_forward(world: "World", row: Row[Any]) -> None:
    # What is not with the provider yet goes to and fro: queued, being sent, unknown, queued.
    rank = STATUS_RANK[row.status]
    furthest = world.ranks.get(row.id, 0)
    if furthest >= STATUS_RANK["accepted"]:
        assert rank >= furthest, f"P7: back to {row.status}"
    world.ranks[row.id] = max(rank, furthest)


def _first_takes_are_in_order(world: "World", after: Snapshot) -> None:
    ids = {str(row.public_id): row for row in after.outbound}
    first: defaultdict[Any, list[int]] = defaultdict(list)
    seen: set[str] = set()
    for take in world.post.takes:
        row = ids[take.outbound.message_id]
        if take.outbound.message_id not in seen:
            seen.add(take.outbound.message_id)
            first[row.contact_id].append(row.id)
    for order in first.values():
        assert order == sorted(order), f"P6: handed over in the order {order}"


def _gates_are_kept(world: "World", before: Snapshot, after: Snapshot) -> None:
    now = world.stage.clock()
    for row in after.outbound:
        was = before.messages.get(row.id)
        if row.status != "sending" or not was or was.status == "sending" or CONSENT in row.content:
            continue
        assert not before.people[row.contact_id].opt_outs, "P5: sent to who said STOP"
        talk = before.talks.get(row.conversation_id)
        is_held = talk and talk.held_by and (talk.held_until is None or talk.held_until > now)
        assert not (is_held and row.author == "bot"), "P8: a held talk gets a bot's reply"


def all_callbacks_count(world: "World", after: Snapshot) -> None:
    """When nothing waits any more, each message is as far as the provider has told."""
    rows = {row.provider_id: row for row in after.outbound if row.provider_id}
    for provider_id, status in world.told:
        if row := rows.get(provider_id):
            told = 10 if status == "queued" else STATUS_RANK[status]
            assert STATUS_RANK[row.status] >= told, f"P7: told {status}, and is {row.status}"
