"""What is deleted and what is dead: the pipeline while old entries go, and bloat under load."""

import contextlib
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

from sqlalchemy import text

from benchmarks import bulk_load, databases, drains
from pipeline.converse.drain import Converse
from pipeline.dispatch.drain import Dispatch
from pipeline.records.core import inbox

_OLD = 500_000
_HISTORY = 1_000_000
_ROUNDS, _A_ROUND = 40, 2_500
_SECONDS_BETWEEN = 0.05
_SAMPLES = 200
_PRUNING = (
    "import sys; from datetime import timedelta; from pipeline import sweep; "
    "from pipeline.database import Database; "
    "sweep.prune(Database(sys.argv[1], is_worker=True), timedelta(days=30))"
)
_SIZES = """
SELECT s.relname AS name, n_live_tup AS live, n_dead_tup AS dead,
  pg_table_size(relid) / 1048576.0 AS heap, pg_indexes_size(relid) / 1048576.0 AS indexes,
  vacuum_count + autovacuum_count AS vacuums
FROM pg_stat_user_tables s
WHERE s.relname IN ('inbox', 'lane', 'message', 'contact', 'conversation', 'tally')
ORDER BY s.relname
"""
_INDEXES = """
SELECT indexrelname AS name, pg_relation_size(indexrelid) / 1048576.0 AS size
FROM pg_stat_user_indexes
WHERE indexrelname IN
  ('ix_inbox_unfiled', 'ix_inbox_waiting', 'ix_lane_due', 'ix_lane_leased', 'ix_message_pending')
ORDER BY 1
"""


def prune() -> None:
    """Messages at 20 a second, alone and while half a million old entries are deleted."""
    print("| webhook to sent, ms | messages | p50 | p99 | longest |\n|---|---|---|---|---|")
    with drains.site() as site, _pipeline(site) as receive:
        bulk_load.handled(site.runtime.database, _OLD, days=40)
        _latencies(receive, _SAMPLES // 4)
        _print("alone", _latencies(receive, _SAMPLES))
        url = databases.driven(site.url)
        started = time.perf_counter()
        with subprocess.Popen([sys.executable, "-c", _PRUNING, url]) as pruning:
            during = _latencies(receive, 100 * _SAMPLES, lambda: pruning.poll() is None)
            took = time.perf_counter() - started
        _print(f"while {_OLD:,} old entries were deleted, in {took:.0f} s", during)
        _print("after that", _latencies(receive, _SAMPLES))


@contextlib.contextmanager
def _pipeline(site: drains.Site) -> Iterator[Callable[[int], None]]:
    """What takes one message, has its turn taken and sends the answer."""
    database, never = site.runtime.database, lambda: False
    converse = Converse(site.runtime, lambda _: None, is_stopping=never, overrun=lambda: None)
    dispatch = Dispatch(site.runtime, lambda _: None, is_stopping=never)

    def receive(number: int) -> None:
        message = bulk_load.inbound(f"+1419{number % 500:07}", number)
        before = site.sends()
        with database.write() as connection:
            entry = inbox.entry(message, {}) | {"received_at": database.now(connection)}
            inbox.append(connection, [entry])
        # A drain looks for what is new at most every 50 ms.
        while site.sends() == before:
            converse.drain()
            dispatch.drain()

    with contextlib.closing(dispatch):
        yield receive


_numbers = iter(range(10_000_000))


def _latencies(
    receive: Callable[[int], None], most: int, goes_on: Callable[[], bool] = lambda: True
) -> list[float]:
    took: list[float] = []
    while len(took) < most and goes_on():
        started = time.perf_counter()
        receive(next(_numbers))
        took.append((time.perf_counter() - started) * 1000)
        time.sleep(max(0.0, _SECONDS_BETWEEN - took[-1] / 1000))
    return took


def _print(what: str, took: list[float]) -> None:
    p99 = statistics.quantiles(took, n=100)[-1]
    print(f"| {what} | {len(took)} | {statistics.median(took):.1f} | {p99:.1f} | {max(took):.1f} |")
    sys.stdout.flush()


def bloat() -> None:
    """A steady load over a million handled entries; what it leaves, and what messages then cost."""
    with drains.site() as site:
        bulk_load.handled(site.runtime.database, _HISTORY, days=1)
        site.runtime.database.engine.dispose()
        for round_number in range(_ROUNDS):
            bulk_load.write(site.runtime.database, _A_ROUND, prefix=f"+1{500 + round_number % 10}")
            site.converse(_A_ROUND, [])
            site.dispatch(_A_ROUND, [])
        _print_bloat(site)


def _print_bloat(site: drains.Site) -> None:
    with site.looking.connect() as connection:
        connection.execute(text("SELECT pg_stat_force_next_flush()"))
        print("| table | rows | dead | MB | of indexes | vacuums |\n|---|---|---|---|---|---|")
        for row in connection.execute(text(_SIZES)):
            sizes = f"{row.heap:.0f} | {row.indexes:.0f}"
            print(f"| {row.name} | {row.live:,} | {row.dead:,} | {sizes} | {row.vacuums} |")
        for row in connection.execute(text(_INDEXES)):
            print(f"{row.name}: {row.size:.1f} MB")
