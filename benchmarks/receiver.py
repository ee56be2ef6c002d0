"""The receiver under 64 connections: signed webhooks a second, and the slow end of the answers.

Parley's answer means "committed", the textbook's "published", and the others keep nothing. All run
under granian with two processes; Parley's app under gunicorn as well.
"""

import contextlib
import shlex
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from sqlalchemy import text

from benchmarks import bench, databases, load
from benchmarks.figures import Goal, Part, Row, alternating
from benchmarks.sizes import Sizes
from proving.faults.processes import procfile
from proving.faults.response_times import quantile
from proving.faults.server import free_port

WARM_UP = 128
_GRANIAN = (
    "granian --interface wsgi --workers 2 --blocking-threads 64 --backpressure 256 --http 1"
    " --host 127.0.0.1 --port {port} --log-level error "
)
# In the order in which they take their turns.
SIDES = {
    "textbook": _GRANIAN + "benchmarks.textbook:app",
    "parley": shlex.join(procfile()["web"]),
    "signature": _GRANIAN + "benchmarks.signature_only:app",
    "gunicorn": (
        "gunicorn --bind 127.0.0.1:{port} --worker-class gthread --workers 2 --threads 64"
        " --keep-alive 30 --log-level error web.app:create_app()"
    ),
    "bare": _GRANIAN + "benchmarks.signature_only:bare",
}
_NAMES = {
    "parley": "Parley",
    "textbook": "textbook, Flask and Celery",
    "signature": "signature only, Flask",
    "bare": "signature only, bare WSGI",
    "gunicorn": "Parley under gunicorn gthread",
}
_GOALS = {
    ("textbook", "rate"): Goal(2),
    ("textbook", "p99"): Goal(1 / 3, is_most=True),
    ("signature", "rate"): Goal(0.6),
}
_FIGURES = {"rate": "requests/s", "p50": "p50 ms", "p99": "p99 ms"}


@dataclass(frozen=True, slots=True)
class Figures:
    """One run: requests a second, and milliseconds to an answer."""

    rate: float
    p50: float
    p99: float


@contextlib.contextmanager
def part(sizes: Sizes) -> Iterator[Part]:
    """All receivers, one after another in each round."""
    with databases.upgraded() as template:
        sides = [partial(_named, name, template, sizes.requests) for name in SIDES]
        yield Part(tuple(_rows()), alternating(*sides))


def _named(name: str, template: str, requests: int) -> dict[str, float]:
    figures = side(name, template, requests)
    return {f"{name} {figure}": getattr(figures, figure) for figure in _FIGURES}


def _rows() -> Iterator[Row]:
    for figure, unit in _FIGURES.items():
        for name, said in _NAMES.items():
            beside = "" if name == "parley" else f"parley {figure}"
            goal = _GOALS.get((name, figure))
            what = f"receiver, {load.CONNECTIONS} connections, {unit}"
            yield Row(what, said, f"{name} {figure}", beside, goal)


def side(name: str, template: str, requests: int) -> Figures:
    """One receiver. Raises RuntimeError if one of Parley's lacks a row that it acknowledged."""
    port = free_port()
    with databases.database(template) as url:
        env = bench.environment(
            url, PROVIDER="twilio", PORT=str(port), PUBLIC_URL=f"http://127.0.0.1:{port}"
        )
        with bench.process(SIDES[name].format(port=port), env):
            figures = _load(port, requests)
        if name in {"parley", "gunicorn"}:
            _check(url, requests + WARM_UP)
    return figures


def _load(port: int, requests: int) -> Figures:
    bench.wait_for_port(port)
    load.together(port, load.requests(port, "warm", WARM_UP))
    prepared = load.requests(port, "run", requests)
    started = time.perf_counter()
    seconds = load.together(port, prepared)
    rate = requests / (time.perf_counter() - started)
    p99 = quantile(sorted(seconds), 0.99)
    return Figures(rate, statistics.median(seconds) * 1000, p99 * 1000)


def _check(url: str, acknowledged: int) -> None:
    with databases.looking(url) as engine, engine.connect() as connection:
        rows = connection.execute(text("SELECT count(*) FROM inbox")).scalar_one()
    if rows != acknowledged:
        raise RuntimeError(f"{acknowledged} acknowledged, {rows} rows")
