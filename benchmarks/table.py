"""The table of a run, and its place in docs/performance.md."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import redis
from sqlalchemy import text

from benchmarks import bench, databases
from benchmarks.figures import Line, number, span

BEGIN = "<!-- what `python -m benchmarks --write` measured: begin -->"
END = "<!-- end -->"
_HEAD = """\
| what | side | median | min–max | Parley ÷ this | goal | reached |
|---|---|---|---|---|---|---|
"""
_REACHED = {True: "yes", False: "no", None: ""}


def table(lines: Sequence[Line]) -> str:
    """One row for each side of each comparison."""
    return _HEAD + "".join(_row(line) for line in lines)


def _row(line: Line) -> str:
    ratio = f"{number(line.ratio)} ({span(line.ratios)})" if line.ratios else ""
    cells = (
        line.row.what,
        line.row.side,
        number(line.median),
        span(line.values),
        ratio,
        str(line.row.goal or ""),
        _REACHED[line.is_reached],
    )
    return f"| {' | '.join(cells)} |\n"


def circumstances(runs: int) -> str:
    """When, on what, and how often: a figure says nothing without them."""
    with (
        databases.database() as url,
        databases.looking(url) as engine,
        engine.connect() as connection,
    ):
        version = connection.execute(text("SHOW server_version")).scalar_one()
    with redis.Redis.from_url(bench.redis_url()) as broker:
        broker_version = broker.info("server")["redis_version"]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores and {memory:.0f} GiB shared with "
        f"PostgreSQL {version.split()[0]}, Redis {broker_version}, the fake provider and the load; "
        f"Python {platform.python_version()}; medians of {runs} runs.\n"
    )


def write(page: Path, content: str) -> None:
    """Put the content between the markers of the page."""
    before, found, rest = page.read_text("utf-8").partition(BEGIN)
    _, also_found, after = rest.partition(END)
    if not (found and also_found):
        raise ValueError(f"{page} lacks the markers {BEGIN} and {END}")
    page.write_text(f"{before}{BEGIN}\n{content}{END}{after}", "utf-8")
