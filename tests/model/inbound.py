"""Steps of what comes in: receive, settle consents, claim turns, run, record, or die between."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from pipeline import sweep
from pipeline.converse.claim import LEASE, claim
from pipeline.converse.record import record
from pipeline.enums import Direction
from pipeline.messages import Inbound
from pipeline.receive import Accepted
from pipeline.records.core import inbox, leases
from pipeline.records.core.inbox import Entry
from tests.builders import rows
from tests.model.counting_bot import WorkerKilled
from tests.model.world import TurnFlight, World

# SQLite refuses the half of a surrogate pair, PostgreSQL the NUL before it.
UNSTORABLE = "+1415\x00\ud800"


def receive(world: World, *said: tuple[str, str], with_guilty: bool = False) -> list[Inbound]:
    """Requests that share one INSERT; with a guilty one among them that no database takes."""
    messages = [world.says(contact, text) for contact, text in said]
    for message in messages:
        world.said[message.provider_id] = message
    guilty = [world.says(UNSTORABLE, "hi")] if with_guilty else []
    _commit(world, [*messages[:1], *guilty, *messages[1:]])
    if with_guilty and messages:
        world.reached["a NUL in a shared INSERT"] += 1
    return messages


def receive_again(world: World, provider_id: str) -> None:
    """The provider repeats a webhook."""
    before = [row for row in world.current.entries.values() if row.provider_id == provider_id]
    if any(row.status == "handled" for row in before) or not before:
        world.reached["a duplicate after its row was handled"] += 1
    _commit(world, [world.said[provider_id]])


def _commit(world: World, messages: Sequence[Inbound]) -> None:
    with world.step("receive"):
        group = [Accepted("converse", inbox.entry(message, {})) for message in messages]
        world.receiver._commit(group)
        for message, accepted in zip(messages, group, strict=True):
            is_taken = accepted.taken.exception(timeout=0) is None
            assert is_taken == (message.contact_key != UNSTORABLE), "P1: only the guilty is refused"
            if is_taken and message.provider_id not in world.acked:
                world.acked.append(message.provider_id)


def settle(world: World) -> None:
    """STOP, START and HELP, as a drain begins with."""
    with world.step("settle"):
        world.consents.settle_waiting()


def move_timers(world: World) -> None:
    """The clock moves due timers to the inbox."""
    with world.step("timers"):
        waiting = {e.lane for e in world.current.entries.values() if e.status == "waiting"}
        sweep.move_due_timers(world.stage.database)
        moved = [
            row
            for row in rows(world.stage.database, Entry)
            if row.id not in world.current.entries and row.lane in waiting
        ]
        world.reached["a timer due just after a message"] += len(moved)


def prune(world: World, keep: timedelta) -> None:
    """Forget the keys of what was settled long ago."""
    with world.step("prune"):
        sweep.prune(world.stage.database, keep)


def claim_turns(world: World, limit: int = 4, *, also_expired: bool = True) -> TurnFlight | None:
    """A worker leases lanes; None when nothing is due."""
    with world.step("claim turns"):
        batch = claim(world.stage.database, limit, also_expired=also_expired)
    if not batch.works:
        return None
    for work in batch.works:
        heard = [entry for entry in work.entries if entry.kind == "message"]
        if work.contact is None and len(heard) > 1:
            world.reached["two first messages of a new contact"] += 1
    return TurnFlight(batch, Counter(world.changes))


def run(world: World, flight: TurnFlight) -> None:
    """The bot takes the turns; one of them may be the end of its worker."""
    if flight.is_run or flight.is_dead:
        return
    flight.is_run = True
    for work in flight.batch.works:
        try:
            flight.done.append(world.runner.run(work, flight.batch.claimed_at))
        except WorkerKilled:
            flight.is_dead = True
            if len(flight.batch.works) > 1:
                world.reached["a poison message beside innocents"] += 1
            return


def renew(world: World, flight: TurnFlight) -> None:
    """The worker's thread pushes the end of its leases."""
    if flight.is_dead:
        return
    with world.step("renew"), world.stage.database.write() as connection:
        until = world.stage.database.now(connection) + LEASE
        keys = [work.key for work in flight.batch.works]
        leases.renew(connection, Direction.INBOUND, flight.batch.token, keys, until)


def record_turns(world: World, flight: TurnFlight, most: int = 99) -> None:
    """Record what was run, or only the first lanes of it and give back the others."""
    run(world, flight)
    if flight.is_dead:
        return
    done, others = flight.done[:most], flight.done[most:]
    _note_corners(world, flight)
    token, database = flight.batch.token, world.stage.database
    lanes_now = world.current.lanes
    recorded = [(turns.work.key, "inbound") for turns in done]
    lost = frozenset(key for key in recorded if lanes_now[key].token != token)
    claimed_at = flight.batch.claimed_at
    with world.step("record", seen=flight.seen, claimed_at=claimed_at, lost=lost):
        if done:
            record(database, token, done, lambda: True, world.runner.failed)
    if others:
        with world.step("give back"), database.write() as connection:
            keys = [turns.work.key for turns in others]
            leases.return_unstarted(
                connection, Direction.INBOUND, token, keys, database.now(connection)
            )


def _note_corners(world: World, flight: TurnFlight) -> None:
    now, token = world.current, flight.batch.token
    for turns in flight.done:
        is_held = now.lanes[turns.work.key, "inbound"].token == token
        talks = [
            talk.id
            for talk in turns.pending.conversations
            if talk.changes.is_any and not talk.is_new
        ]
        if is_held and any(world.changes[talk] != flight.seen[talk] for talk in talks):
            world.reached["a version lost to an operator"] += 1
        if not is_held:
            world.reached["a turn that comes after its lease"] += 1
        elif turns.work.contact is None and now.person(turns.work.key):
            world.reached["a contact made by somebody else during its first turn"] += 1
        if turns.pending.failure and len(flight.done) > 1:
            world.reached["a poison message beside innocents"] += 1


def take_all_turns(world: World) -> None:
    """A worker that nothing happens to drains the inbox."""
    settle(world)
    while flight := claim_turns(world, 8):
        record_turns(world, flight)
        settle(world)
