"""The receiver without its database: killed, silent, locked. Refused within 2 s, and made good."""

import time
from collections.abc import Callable
from contextlib import ExitStack

from proving.faults.response_times import Pace, paced
from proving.faults.run import Run
from proving.faults.scenario import ON_POSTGRESQL, Group
from proving.faults.snapshots import locked
from proving.faults.traffic import numbered

scenario = Group("receiver", [])


@scenario("F3 database killed", kinds=ON_POSTGRESQL)
def postgresql_killed(run: Run) -> None:
    """PostgreSQL is killed in traffic, away for 5 s, and started again.

    For 30 s it would be the same six times over: no webhook is kept longer than 2 s, and what the
    provider drops after its 15 s comes by the pull (F9).
    """
    run.start()
    server = run.servers.postgresql
    _suffer(run, 5.0, begin=server.kill, end=server.start)


@scenario("F4 postgresql silent", kinds=ON_POSTGRESQL)
def postgresql_silent(run: Run) -> None:
    """No byte passes between PostgreSQL and anybody for 4 s; what was held back then arrives."""
    proxy = run.proxy("DATABASE_URL")
    run.start()
    _suffer(run, 4.0, begin=proxy.fall_silent, end=proxy.heal)


@scenario("F4 postgresql silent, then cut", kinds=ON_POSTGRESQL)
def postgresql_silent_then_cut(run: Run) -> None:
    """No byte passes for 4 s, and then every link breaks: what was on its way never arrives."""
    proxy = run.proxy("DATABASE_URL")
    run.start()

    def end() -> None:
        proxy.cut()
        proxy.heal()

    _suffer(run, 4.0, begin=proxy.fall_silent, end=end)


@scenario("F4 postgresql paused", kinds=ON_POSTGRESQL)
def postgresql_paused(run: Run) -> None:
    """Every process of PostgreSQL is paused for 4 s, its port open, and then continues."""
    run.start()
    server = run.servers.postgresql
    _suffer(run, 4.0, begin=server.pause, end=server.resume)


@scenario("F4 database locked", is_quick=True, is_core=True)
def database_locked(run: Run) -> None:
    """Another session holds inbox and status_callbacks, or the whole SQLite file, for 4 s.

    A careless migration does that on PostgreSQL, a tool that copies the file on SQLite.
    """
    run.start()
    with ExitStack() as held:
        _suffer(run, 4.0, begin=lambda: held.enter_context(locked(run)), end=held.close)


def _suffer(
    run: Run, seconds: float, *, begin: Callable[[], object], end: Callable[[], object]
) -> None:
    """Traffic through a database that is away for a while."""
    texts = numbered(run.fake_contacts(12), 10)
    with paced(run) as pace, run.traffic.meanwhile(texts, every_seconds=0.3):
        time.sleep(1.0)
        begin()
        begun_at = time.monotonic()
        run.record(f"database away for {seconds:g} s")
        time.sleep(seconds)
        ended_at = time.monotonic()
        end()
        run.record("database back")
    _is_honest(pace, begun_at, ended_at)


def _is_honest(pace: Pace, begun_at: float, ended_at: float) -> None:
    """Assert that nothing was acknowledged without the database, and that nobody waited long."""
    for said in pace.said:
        # A second at either side, for what was answered just before or after.
        assert not begun_at + 1 < (said.acked_at or 0.0) < ended_at, f"acknowledged: {said}"
    assert {answer for answer, _ in pace.tries} <= {200, 503}, pace.counts()
    assert 503 in {answer for answer, _ in pace.tries}, "nothing was refused"
    pace.is_in_time()
