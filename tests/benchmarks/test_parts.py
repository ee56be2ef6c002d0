"""Every benchmark runs, in a tiny size, and has a figure for each of its rows."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from benchmarks import (
    backlog,
    databases,
    datasets,
    floor,
    latency,
    receiver,
    sending,
    table,
    textbook_side,
)
from benchmarks.figures import Part, lines
from benchmarks.sizes import TINY
from tests.stack import servers


@pytest.fixture(autouse=True)
def _servers(server: Connection, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    url = server.engine.url.set(drivername="postgresql")
    monkeypatch.setenv("BENCH_POSTGRESQL_URL", url.render_as_string(hide_password=False))
    with servers.redis() as broker:
        monkeypatch.setenv("BENCH_REDIS_URL", broker)
        yield


def tells_every_row(part: Part) -> bool:
    told = lines(part.rows, [part.measure()])
    assert all(line.median > 0 for line in told)
    return len(told) == len(part.rows)


@pytest.mark.parametrize("name", ["textbook_rq", "textbook_dramatiq"])
def test_the_textbook_on_other_queues(name: str) -> None:
    assert textbook_side.measure(name, TINY.other_backlog, TINY.contacts) > 0


def test_floor() -> None:
    with (
        datasets.backlog(TINY.backlog, TINY.contacts) as template,
        floor.noted(template, TINY.backlog) as bare,
    ):
        assert bare.measure() > 0
        converse, dispatch = bare.scripts
    assert any("INSERT INTO message" in statement for statement, _ in converse.steps)
    assert any("UPDATE message" in statement for statement, _ in dispatch.steps)


def test_pgbench() -> None:
    told = floor.pgbench(2, TINY.pgbench_seconds)
    assert told is None or told > 0


def test_backlog_over_http() -> None:
    with backlog.over_http(TINY) as part:
        assert tells_every_row(part)


def test_receiver() -> None:
    with receiver.part(TINY) as part:
        assert tells_every_row(part)


def test_sending() -> None:
    with sending.part(TINY) as part:
        assert tells_every_row(part)


def test_latency_start_and_memory() -> None:
    with latency.part(TINY) as part:
        assert tells_every_row(part)


def test_two_runs_at_once_would_measure_each_other() -> None:
    with databases.alone(), pytest.raises(SystemExit), databases.alone():
        pass
    with databases.alone():
        pass


def test_circumstances() -> None:
    assert "medians of 3 runs" in table.circumstances(3)
