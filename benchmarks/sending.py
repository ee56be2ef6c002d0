"""Sending to a provider that takes 80 ms to answer: how many calls one dispatch process makes.

The fake tells whether each contact's messages came in order and once.
"""

import contextlib
from collections.abc import Iterator

from benchmarks import bench, databases, datasets, parley_side, provider
from benchmarks.figures import Goal, Part, Row
from benchmarks.sizes import Sizes

LATENCY_SECONDS = 0.08
_ROWS = (Row("one dispatch process, provider of 80 ms, sends/s", "Parley", "rate", goal=Goal(500)),)


@contextlib.contextmanager
def part(sizes: Sizes) -> Iterator[Part]:
    """A backlog of replies, three of each contact."""
    with datasets.backlog(sizes.sends, max(1, sizes.sends // 3)) as template:
        with datasets.parts(template, "twilio") as built:
            datasets.converse(built)
        yield Part(_ROWS, lambda: {"rate": rate(template, sizes.sends)})


def rate(template: str, messages: int) -> float:
    """Sends a second, from the wake-up to the last one recorded."""
    with databases.database(template) as url, provider.running(LATENCY_SECONDS) as far:
        env = bench.environment(url, **parley_side.provider_settings(far.url))
        with parley_side.running(url, env, names=("dispatch",)) as pipeline:
            notified_at = pipeline.notify("dispatch")
            seconds = (pipeline.wait_for_sent(messages) - notified_at).total_seconds()
            pipeline.check(messages)
        far.check(messages)
    return messages / seconds
