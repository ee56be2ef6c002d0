"""Light traffic: 20 messages a second, and how long each takes from the webhook to the provider.

Before that, each process of Parley is started separately and timed. After 1,500 messages at once,
their memory is read.
"""

import contextlib
from collections.abc import Iterator, Sequence
from functools import partial

from benchmarks import (
    bench,
    databases,
    load,
    memory,
    parley_side,
    provider,
    receiver,
    textbook_side,
)
from benchmarks.figures import Goal, Part, Row, alternating
from benchmarks.parley_side import Pipeline
from benchmarks.provider import Provider
from benchmarks.sizes import Sizes
from proving.faults.response_times import quantile
from proving.faults.server import free_port

PER_SECOND = 20.0
WARM_UP = 20
PROCESSES = ("web", "converse", "dispatch", "clock")
_P50 = "webhook to provider at 20/s, p50 ms"
_P99 = "webhook to provider at 20/s, p99 ms"
_LATENCIES = (
    Row(_P50, "Parley", "parley p50", goal=Goal(25, is_most=True)),
    Row(_P50, "textbook, Celery", "textbook p50", "parley p50", Goal(1, is_most=True)),
    Row(_P99, "Parley", "parley p99", goal=Goal(100, is_most=True)),
    Row(_P99, "textbook, Celery", "textbook p99", "parley p99", Goal(1, is_most=True)),
)


def _rows() -> Iterator[Row]:
    yield from _LATENCIES
    for name in PROCESSES:
        yield Row("start to ready, s", name, f"{name} ready", goal=Goal(2, is_most=True))
    for name in PROCESSES:
        goal = Goal(120, is_most=True)
        yield Row("largest process after load, MB (PSS)", name, f"{name} pss", goal=goal)
    for name in PROCESSES:
        yield Row("largest process after load, MB (RSS)", name, f"{name} rss")


@contextlib.contextmanager
def part(sizes: Sizes) -> Iterator[Part]:
    """Both sides, one after the other in each round."""
    with databases.upgraded() as template:
        messages = max(4, int(sizes.seconds * PER_SECOND))
        ours = partial(parley, template, messages, sizes.burst)
        yield Part(tuple(_rows()), alternating(partial(textbook, messages), ours))


def parley(template: str, messages: int, burst: int) -> dict[str, float]:
    """Latencies, then the start and the memory of each process."""
    with databases.database(template) as url, provider.running() as far:
        port = free_port()
        env = _environment(url, port, **parley_side.provider_settings(far.url))
        with parley_side.running(url, env, names=PROCESSES) as pipeline:
            figures = _latencies("parley", port, far, messages)
            load.together(port, load.requests(port, "burst", burst))
            pipeline.wait_for_sent(WARM_UP + messages + burst)
            pipeline.check(WARM_UP + messages + burst)
            return figures | _processes(pipeline)


def textbook(messages: int) -> dict[str, float]:
    """Latencies of the textbook: its receiver under granian, its Celery worker."""
    with databases.database() as url, provider.running() as far:
        port = free_port()
        env = _environment(url, port, TWILIO_API_BASE_URL=far.url)
        textbook_side.fill("textbook", 0, 1, env)
        web = receiver.SIDES["textbook"].format(port=port)
        with bench.process(textbook_side.WORKERS["textbook"], env), bench.process(web, env):
            bench.wait_for_port(port)
            return _latencies("textbook", port, far, messages)


def _environment(url: str, port: int, **more: str) -> dict[str, str]:
    return bench.environment(url, PORT=str(port), PUBLIC_URL=f"http://127.0.0.1:{port}", **more)


def _latencies(side: str, port: int, far: Provider, messages: int) -> dict[str, float]:
    load.together(port, load.requests(port, "warm", WARM_UP))
    bench.wait_until(lambda: len(far.calls()) == WARM_UP)
    sent_at = load.paced(port, load.requests(port, "paced", messages), PER_SECOND)
    bench.wait_until(lambda: len(far.calls()) == WARM_UP + messages)
    taken = {int(call.body.split()[-1]): call.at for call in far.calls() if "paced" in call.body}
    seconds = sorted(taken[number] - at for number, at in enumerate(sent_at))
    return {f"{side} p50": _ms(seconds, 0.5), f"{side} p99": _ms(seconds, 0.99)}


def _ms(ordered: Sequence[float], share: float) -> float:
    return quantile(ordered, share) * 1000


def _processes(pipeline: Pipeline) -> dict[str, float]:
    figures = {f"{name} ready": seconds for name, seconds in pipeline.ready_seconds.items()}
    for name, pid in pipeline.pids.items():
        largest = memory.largest_of(pid)
        figures |= {f"{name} pss": largest.pss, f"{name} rss": largest.rss}
    return figures
