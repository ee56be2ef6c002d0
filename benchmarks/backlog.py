"""A backlog of inbound messages: how long until all of them are recorded and answered.

Parley runs the Procfile's workers on PostgreSQL and Redis; the others the same job as most write
it. In process nobody is called; over HTTP every side calls the cheap provider.
"""

import contextlib
from collections.abc import Callable, Iterator
from functools import partial

from benchmarks import bench, databases, datasets, floor, parley_side, provider, textbook_side
from benchmarks.figures import Goal, Part, Row, alternating
from benchmarks.provider import Provider
from benchmarks.sizes import Sizes

_HERE = "backlog to sent, messages/s"
_HTTP = "the same over HTTP, messages/s"
_IN_PROCESS = (
    Row(_HERE, "Parley", "parley"),
    Row(_HERE, "textbook, Celery", "textbook", "parley", Goal(30)),
    Row(_HERE, "textbook, RQ", "textbook_rq", "parley"),
    Row(_HERE, "textbook, Dramatiq", "textbook_dramatiq", "parley"),
    Row(_HERE, "floor: Parley's SQL in a bare loop", "floor", "parley"),
    Row("single-row inserts/s", "pgbench, 1 client", "pgbench_1", "parley"),
    Row("single-row inserts/s", "pgbench, 16 clients", "pgbench_16", "parley"),
)
_OVER_HTTP = (
    Row(_HTTP, "Parley", "parley"),
    Row(_HTTP, "textbook, Celery", "textbook", "parley", Goal(8)),
)


@contextlib.contextmanager
def in_process(sizes: Sizes) -> Iterator[Part]:
    """The provider is in the worker's process on every side."""
    with (
        datasets.backlog(sizes.backlog, sizes.contacts) as template,
        floor.noted(template, sizes.backlog) as bare,
    ):
        other = partial(
            textbook_side.measure, messages=sizes.other_backlog, contacts=sizes.contacts
        )
        yield Part(
            _IN_PROCESS,
            alternating(
                partial(_named, "textbook", partial(other, "textbook")),
                partial(_named, "parley", partial(parley, template, sizes.backlog)),
                partial(_named, "floor", bare.measure),
                partial(_named, "textbook_rq", partial(other, "textbook_rq")),
                partial(_named, "textbook_dramatiq", partial(other, "textbook_dramatiq")),
                partial(_named, "pgbench_1", partial(floor.pgbench, 1, sizes.pgbench_seconds)),
                partial(_named, "pgbench_16", partial(floor.pgbench, 16, sizes.pgbench_seconds)),
            ),
        )


def _named(name: str, side: Callable[[], float | None]) -> dict[str, float]:
    figure = side()
    return {} if figure is None else {name: figure}


@contextlib.contextmanager
def over_http(sizes: Sizes) -> Iterator[Part]:
    """The provider is a process of its own, and a new one for each measurement."""
    with datasets.backlog(sizes.http_backlog, sizes.contacts) as template:

        def ours() -> dict[str, float]:
            with provider.running() as far:
                return {"parley": parley(template, sizes.http_backlog, far)}

        def theirs() -> dict[str, float]:
            with provider.running() as far:
                messages = sizes.other_http_backlog
                return {
                    "textbook": textbook_side.measure("textbook", messages, sizes.contacts, far)
                }

        yield Part(_OVER_HTTP, alternating(theirs, ours))


def parley(template: str, messages: int, far: Provider | None = None) -> float:
    """Messages a second through Parley, from the wake-up to the last one recorded as sent."""
    with databases.database(template) as url:
        settings = parley_side.provider_settings(far.url if far else "")
        with parley_side.running(url, bench.environment(url, **settings)) as pipeline:
            notified_at = pipeline.notify("converse")
            seconds = (pipeline.wait_for_sent(messages) - notified_at).total_seconds()
            pipeline.check(messages)
    if far:
        far.check(messages)
    return messages / seconds
