"""How many statements a batch takes: as many for fifty messages as for one, and no more unseen.

On a server each is a round trip, which costs more than what most of them do.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from pipeline.converse.claim import claim as claim_turns
from pipeline.converse.record import record as record_turns
from pipeline.converse.turns import TurnRunner
from pipeline.converse.work import Batch
from pipeline.database import Database
from pipeline.dispatch.callbacks import merge_waiting
from pipeline.dispatch.claim import claim as claim_sends
from pipeline.dispatch.record import record as record_sends
from pipeline.dispatch.send import send
from pipeline.messages import StatusCallback
from pipeline.receive import Accepted, Receiver
from pipeline.records.core import inbox, status_callbacks
from tests.builders import an_inbound
from tests.pipeline.conftest import MakeStage
from tests.provider_for_tests import LIMITS
from tests.stage import Stage

EACH_SIZE = pytest.mark.parametrize("size", [1, 50])
NEVER: Callable[[], bool] = lambda: False  # noqa: E731 (a value to pass on)


@contextmanager
def exactly(database: Database, count: int) -> Iterator[None]:
    """What runs inside is so many statements; a failure shows them all."""
    ran: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("BEGIN", "SAVEPOINT", "RELEASE")):
            ran.append(shortened(statement))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    shown = "\n".join(f"{number:3} {statement}" for number, statement in enumerate(ran, 1))
    assert len(ran) == count, f"{len(ran)} statements instead of {count}:\n{shown}"


def shortened(statement: str) -> str:
    """The verb, the table and the conditions; not every column."""
    plain = re.sub(r"\s+", " ", statement)
    return re.sub(r"^SELECT .*? FROM", "SELECT … FROM", plain)[:160]


def one_by_one(database: Database, size: int) -> int:
    """Statements more on SQLite, which looks for each lane's entries by themselves."""
    return size - 1 if database.is_sqlite else 0


def contacts_of(size: int) -> Sequence[str]:
    return [f"+1415555{number:04}" for number in range(size)]


def claimed(stage: Stage, size: int) -> Batch:
    for contact in contacts_of(size):
        stage.hears("hi", contact)
    batch = claim_turns(stage.database, 64)
    assert len(batch.works) == size
    return batch


def take_turns(stage: Stage, batch: Batch) -> Callable[[], None]:
    """Take the turns of a batch; returns what records them."""
    runner = TurnRunner(stage.runtime.bot, "post", lambda *_: [])
    done = [runner.run(work, stage.clock()) for work in batch.works]
    return lambda: record_turns(stage.database, batch.token, done, NEVER, runner.failed)


def queued(stage: Stage, size: int) -> None:
    """A reply to each of so many contacts waits to be sent."""
    for contact in contacts_of(size):
        stage.hears("hi", contact)
    stage.converse()
    assert len(stage.outbound()) == size


def lock(database: Database) -> int:
    """The lock of those who file; SQLite has one writer anyway."""
    return 0 if database.is_sqlite else 1


@EACH_SIZE
def test_claim_of_turns(stage: MakeStage, size: int) -> None:
    s = stage()
    s.hears("hi")
    s.plays()
    for contact in contacts_of(size):
        s.hears("hi", contact)
    # Look for lanes whose worker died, for due ones and new ones, file those and tell their lanes,
    # take them, and load their entries and contacts: nobody here has a conversation yet.
    with exactly(s.database, 9 + lock(s.database) + one_by_one(s.database, size)):
        claim_turns(s.database, 64)


@EACH_SIZE
def test_claim_of_turns_of_known_contacts(stage: MakeStage, size: int) -> None:
    s = stage()
    take_turns(s, claimed(s, size))()
    for contact in contacts_of(size):
        s.hears("hi", contact)
    # And their conversations.
    with exactly(s.database, 10 + lock(s.database) + one_by_one(s.database, size)):
        claim_turns(s.database, 64)


def test_claim_of_nothing(stage: MakeStage) -> None:
    s = stage()
    with exactly(s.database, 3 + lock(s.database)):
        claim_turns(s.database, 64)
    with exactly(s.database, 1):
        assert not claim_sends(s.database, 64, 0, LIMITS, also_expired=False).leased


@EACH_SIZE
def test_record_of_turns_of_new_contacts(stage: MakeStage, size: int) -> None:
    s = stage()
    record = take_turns(s, claimed(s, size))
    # Their addresses are noted once.
    with exactly(s.database, 11):
        record()


@EACH_SIZE
def test_record_of_turns_of_known_contacts(stage: MakeStage, size: int) -> None:
    s = stage()
    take_turns(s, claimed(s, size))()
    record = take_turns(s, claimed(s, size))
    with exactly(s.database, 9):
        record()
    assert len(s.outbound()) == 2 * size


@EACH_SIZE
@pytest.mark.parametrize(("rate", "count"), [(0, 6), (1000, 8)])
def test_claim_of_sends(stage: MakeStage, size: int, rate: float, count: int) -> None:
    s = stage()
    queued(s, size)
    with exactly(s.database, count):
        assert len(claim_sends(s.database, 64, rate, LIMITS).to_send) == size


@EACH_SIZE
def test_record_of_sends(stage: MakeStage, size: int) -> None:
    s = stage()
    queued(s, size)
    sending = claim_sends(s.database, 64, 0, LIMITS)
    results = [
        (sending, send(s.runtime.provider, head, sending.claimed_at)) for head in sending.to_send
    ]
    with exactly(s.database, 4):
        record_sends(s.database, results, 0, NEVER)
    assert all(row.status == "accepted" for row in s.outbound())


@EACH_SIZE
def test_merge_of_callbacks(stage: MakeStage, size: int) -> None:
    s = stage()
    queued(s, size)
    s.dispatch()
    for row in s.outbound():
        s.gets(row.provider_id, "delivered")
    with exactly(s.database, 8):
        assert merge_waiting(s.database, s.runtime.provider.is_opt_out) == size


@EACH_SIZE
def test_group_of_webhooks(stage: MakeStage, size: int) -> None:
    s = stage()
    receiver = Receiver(s.database, s.wakeups.append)
    heard = [Accepted("converse", inbox.entry(an_inbound(), {})) for _ in range(size)]
    told = [
        Accepted(
            "dispatch", status_callbacks.row(StatusCallback("post", "", f"SM{number}", "sent"), {})
        )
        for number in range(size)
    ]
    with exactly(s.database, 2):
        receiver._commit([*heard, *told])
    assert all(accepted.taken.done() for accepted in heard + told)
