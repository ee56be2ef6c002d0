"""Every look-up of the hot path goes through an index, whatever the size of its table."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from pipeline import sweep
from pipeline.database import Database
from pipeline.records import Record
from pipeline.records.core import lanes
from tests.pipeline.conftest import MakeStage
from tests.stage import BOB

# Tables that stay small: a row for each of our numbers, processes or jobs.
SMALL = {"sender", "worker", "watermark"}


@contextmanager
def statements(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """Every statement that the block sends, with its parameters."""
    sent: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, values: Any, _ctx: Any, many: bool) -> None:
        if statement.split()[0] in {"SELECT", "UPDATE", "DELETE", "WITH"}:
            sent.append((statement, values[0] if many else values))

    event.listen(database.engine, "before_cursor_execute", note)
    yield sent
    event.remove(database.engine, "before_cursor_execute", note)


def scanned(database: Database, sent: list[tuple[str, Any]]) -> set[str]:
    """The steps of SQLite's plans that read a whole table."""
    found = set()
    with database.read() as connection:
        for statement, values in sent:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            for row in plan:
                step, table, *rest = row.detail.split()
                is_large = table in Record.metadata.tables and table not in SMALL
                if step == "SCAN" and is_large and "INDEX" not in rest:
                    found.add(f"{row.detail}: {statement}")
    return found


def test_no_look_up_reads_a_whole_table(stage: MakeStage) -> None:
    s = stage()
    if not s.database.is_sqlite:
        return  # its planner looks at sizes; the indexes are the same
    with statements(s.database) as sent:
        s.hears("hi")
        s.hears("STOP", BOB, consent="stop")
        s.plays()
        s.gets("SM1", "delivered")
        s.gets("SM-other", "delivered")
        s.plays()
        s.ticks(60)
        sweep.reconsider_callbacks(s.database)
        sweep.wake_for_waiting_work(s.database, s.wakeups.append)
        with s.database.write() as connection:
            lanes.unblock(connection, "sms +15550100", s.clock())
    assert len(sent) > 30
    assert scanned(s.database, sent) == set()
