"""The end of each run: whoever was at work has died, and new workers drain everything."""

from pipeline import sweep
from tests.model import deliveries, inbound, outbound
from tests.model.world import World

MOST_ROUNDS = 150


def drain(world: World) -> None:
    """Work as the clock's wake-ups say until nothing waits; within MOST_ROUNDS."""
    world.health.is_ill = world.post.is_blind = False
    for _ in range(MOST_ROUNDS):
        # A rate gives its next place at a moment that no clock which stands still comes to.
        world.passes(0.001)
        inbound.move_timers(world)
        outbound.reconsider(world)
        world.stage.wakeups.clear()
        sweep.wake_for_waiting_work(world.stage.database, world.stage.wakeups.append)
        if "converse" in world.stage.wakeups:
            inbound.take_all_turns(world)
        if "dispatch" in world.stage.wakeups:
            outbound.send_all(world)
        if not world.stage.wakeups and not _waits_until_due(world):
            break
    _nothing_waits(world)
    deliveries.all_callbacks_count(world, world.current)


def _waits_until_due(world: World) -> bool:
    """Let the time pass until the next lane is due; False when none will be."""
    due = [lane.due_at for lane in world.current.lanes.values() if lane.due_at]
    if due:
        world.passes(max(0.0, (min(due) - world.stage.clock()).total_seconds()))
    return bool(due)


def _nothing_waits(world: World) -> None:
    waiting = [e.provider_id for e in world.current.entries.values() if e.status == "waiting"]
    assert waiting == [], f"P10: {waiting} wait for ever"
    queued = [(row.id, row.status) for row in world.current.outbound if not row.settled_at]
    assert queued == [], f"P10: {queued} wait for ever"
    assert not any(lane.token for lane in world.current.lanes.values()), "P10: a lane stays leased"
