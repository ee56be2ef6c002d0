"""What a batch reads does not grow with what waits, is tried again or was leased before it.

PostgreSQL's planner decides that, and it may know nothing of the tables yet.
"""

from collections import defaultdict
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from benchmarks import bulk_load, plans
from pipeline import sweep
from pipeline.converse.drain import Converse
from pipeline.database import Database
from pipeline.dispatch.callbacks import merge_waiting
from pipeline.dispatch.drain import Dispatch
from pipeline.records.core import inbox
from tests.builders import a_runtime, an_inbound
from tests.stack.servers import missing

# Those that a planner took to read an index of everything that waits, is leased or pending.
READS = {
    "converse/claim: inbox.waiting_of": {"ix_inbox_waiting"},
    "converse/claim: unfiled.new": {"ix_inbox_unfiled", "pk_lane_alias"},
    "converse/claim: unfiled.file": {"pk_inbox"},
    "converse/record: leases.lock_held": {"pk_lane"},
    "converse/record: leases.release": {"pk_lane"},
    "converse/record: inbox.settle": {"pk_inbox"},
    "dispatch/record: leases.lock_held": {"pk_lane"},
    "dispatch/record: outbox.lock": {"pk_message"},
    "dispatch/callbacks: outbox.lanes_of_pending": {"pk_contact", "pk_message"},
    "dispatch/callbacks: outbox.lock": {"pk_message"},
}
BESIDE = 3_000
# SQLite's planner has no such choices.
# A planner goes by the statistics of what was in the tables before.
pytestmark = [
    pytest.mark.own_database,
    pytest.mark.parametrize("database_url", ["postgresql"], indirect=True),
]


@pytest.fixture
def worker(database_url: str) -> Iterator[Database]:
    """A worker's connections."""
    opened = Database(database_url, is_worker=True)
    yield opened
    opened.close()


@pytest.mark.parametrize("is_analysed", [False, True])
def test_batch_reads_its_own_rows_only(worker: Database, is_analysed: bool) -> None:
    fill(worker, is_analysed)
    seen: dict[str, plans.Seen] = defaultdict(plans.Seen)
    worker.engine.dispose()
    plans.listen(seen, worker)
    try:
        worker.engine.connect().close()
    except ProgrammingError as error:
        missing("auto_explain, which only a superuser may load", error)
    work(worker)
    assert {name: seen[name].reads for name in READS} == READS
    tables = {read for statement in seen.values() for read in statement.reads if " of " in read}
    assert tables - {"Seq Scan of tally", "Seq Scan of sender"} == set()


def fill(database: Database, is_analysed: bool) -> None:
    """Thousands in back-off, and as many leases that ended and were not vacuumed away."""
    bulk_load.back_off(database, BESIDE)
    with database.write() as connection:
        connection.execute(text("UPDATE lane SET token = gen_random_uuid()"))
        connection.execute(text("UPDATE lane SET token = NULL"))
        if is_analysed:
            connection.execute(text("ANALYZE"))


def work(database: Database) -> None:
    """Forty contacts write twice, get their answers, and these are delivered."""
    runtime = a_runtime(database)
    converse = Converse(runtime, lambda _: None, is_stopping=lambda: False, overrun=lambda: None)
    dispatch = Dispatch(runtime, lambda _: None, is_stopping=lambda: False)
    for _ in range(2):
        hear(database)
        converse.drain()
        dispatch.drain()
    dispatch.close()
    plans.call_back(database)
    merge_waiting(database, lambda _: False)
    sweep.wake_for_waiting_work(database, lambda _: None)


def hear(database: Database) -> None:
    with database.write() as connection:
        now = database.now(connection)
        messages = [
            an_inbound(contact_key=f"+1415555{number:04}") for number in range(40) for _ in range(2)
        ]
        entries = [inbox.entry(message, {}) | {"received_at": now} for message in messages]
        inbox.append(connection, entries)


def test_queues_are_vacuumed_long_before_a_fifth_of_their_history_is_dead(worker: Database) -> None:
    query = text("SELECT relname, reloptions FROM pg_class WHERE reloptions IS NOT NULL")
    with worker.read() as connection:
        options = {row.relname: " ".join(row.reloptions) for row in connection.execute(query)}
    for queue in ("inbox", "receipt", "lane", "timer", "conversation"):
        assert "autovacuum_vacuum_scale_factor=0.0" in options[queue]
