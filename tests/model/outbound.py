"""Steps of what goes out: claim sends, call, record, or die between; callbacks in any order."""

import time
from dataclasses import dataclass
from datetime import datetime

from pipeline import sweep
from pipeline.dispatch import callbacks as merging
from pipeline.dispatch.claim import Claimed, claim
from pipeline.dispatch.plan import Result
from pipeline.dispatch.record import record
from pipeline.dispatch.send import look_up, send
from pipeline.messages import StatusCallback
from pipeline.receive import Accepted
from pipeline.records.core import status_callbacks
from pipeline.records.core.outbox import Head
from tests.model.post_office import Take
from tests.model.world import World
from tests.provider_for_tests import LIMITS

# The provider's client gives up after that; dispatch/claim.py waits longer before it looks.
CALL_SECONDS = 10
ENDED = {"failed": ("30005", "Unknown handset."), "undelivered": ("30003", "Unreachable.")}
STATUSES = ("queued", "sent", "delivered", "read", *ENDED)


@dataclass(slots=True, eq=False)
class SendFlight:
    """One message in a sender's hands; `begun_at` is when its call began."""

    claimed: Claimed
    head: Head
    is_look_up: bool
    claimed_at: datetime
    begun_at: datetime | None = None
    result: Result | None = None


def claim_sends(world: World, limit: int = 8) -> list[SendFlight]:
    """A dispatcher leases lanes; one flight for each call that it is to make."""
    with world.step("claim sends"):
        claimed = claim(world.stage.database, limit, 0.0, LIMITS)
    now = world.stage.clock()
    sends = [(head, False) for head in claimed.to_send]
    looks = [(head, True) for head in claimed.to_look_up]
    return [SendFlight(claimed, head, is_look_up, now) for head, is_look_up in sends + looks]


def begin(world: World, flight: SendFlight) -> None:
    """The call is on its way, and may take its time."""
    flight.begun_at = flight.begun_at or world.stage.clock()


def call(world: World, flight: SendFlight, outcome: str = "takes") -> None:
    """The provider answers, or does not. The real code decides whether the call begins at all."""
    if flight.result is not None:
        return
    begin(world, flight)
    assert flight.begun_at
    if (world.stage.clock() - flight.begun_at).total_seconds() > CALL_SECONDS:
        outcome = "request lost"
    world.post.outcome = outcome
    waited = (flight.begun_at - flight.claimed_at).total_seconds()
    with world.step("call"):
        if flight.is_look_up:
            flight.result = look_up(world.post, flight.head)
        else:
            flight.result = send(world.post, flight.head, time.monotonic() - waited)


def record_send(world: World, flight: SendFlight) -> None:
    """What came of it is written, however late."""
    if flight.result is None:
        call(world, flight)
    assert flight.result
    lane = (flight.head.key, "outbound")
    is_lost = world.current.lanes[lane].token != flight.claimed.token
    if is_lost:
        world.reached["a result that comes after its lease"] += 1
    with world.step("record send", lost=frozenset({lane} if is_lost else ())):
        record(world.stage.database, [(flight.claimed, flight.result)], 0.0, lambda: True)


def call_back(world: World, take: Take, status: str) -> None:
    """The provider tells how it stands with a message, perhaps once more."""
    code, error = ENDED.get(status, ("", ""))
    callback = StatusCallback(
        "post",
        "",
        take.provider_id,
        status,
        code,
        error,
        message_id=take.outbound.message_id,
        attempt=take.outbound.attempt,
    )
    accepted = Accepted("dispatch", status_callbacks.row(callback, {}))
    with world.step("callback"):
        world.receiver._commit([accepted])
        assert accepted.taken.exception(timeout=0) is None
        world.told.append((take.provider_id, status))


def merge(world: World) -> None:
    """A dispatcher merges the callbacks that wait."""
    with world.step("merge"):
        merging.merge_waiting(world.stage.database, world.post.is_opt_out)


def reconsider(world: World) -> None:
    """The clock looks again at callbacks of messages that nobody knew."""
    with world.step("reconsider"):
        sweep.reconsider_callbacks(world.stage.database)


def send_all(world: World) -> None:
    """A dispatcher that nothing happens to sends what is due."""
    merge(world)
    while flights := claim_sends(world):
        for flight in flights:
            record_send(world, flight)
