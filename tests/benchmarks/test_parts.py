"""Every benchmark runs, in a tiny size, and has a figure for each of its rows."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from benchmarks import backlog, latency, receiver, sending, table
from benchmarks.measured import Part, lines
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


def test_backlog_in_process() -> None:
    with backlog.in_process(TINY) as part:
        assert tells_every_row(part)


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


def test_circumstances() -> None:
    assert "medians of 3 runs" in table.circumstances(3)
