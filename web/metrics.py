"""/metrics for Prometheus: gauges read from the database at each scrape, in any web process.

Counts only: no number, name or text of anybody.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from pipeline.database import Database
from pipeline.queries import queues, refused_webhooks


class Pipeline(Collector):
    """How much waits in the pipeline, for how long, and who is at work."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def collect(self) -> Iterable[Metric]:
        """Every metric; only parley_up = 0 when the database does not answer."""
        up = GaugeMetricFamily("parley_up", "1 if the database answered this scrape.")
        try:
            with self._database.read() as connection:
                found = list(self._read(connection))
        except SQLAlchemyError:
            up.add_metric([], 0)
            return [up]
        up.add_metric([], 1)
        return [up, *found]

    def _read(self, connection: Connection) -> Iterator[Metric]:
        now = self._database.now(connection)
        inbox = queues.inbox(connection, now)
        yield _gauge("parley_inbox_waiting", "Inbound entries without a turn.", inbox.count)
        yield _gauge(
            "parley_inbox_oldest_seconds", "Age of the oldest of them.", inbox.oldest_seconds
        )
        yield _gauge("parley_inbox_parked", "Parked entries.", queues.parked(connection))
        yield from _outbox(connection, now)
        lanes = queues.lanes(connection, now)
        yield _gauges("parley_lanes", "Lanes by state.", ["direction", "state"], lanes)
        alive = {(pool,): number for pool, number in queues.workers(connection, now).items()}
        yield _gauges("parley_workers", "Processes seen in the last 15 s.", ["pool"], alive)
        refused = CounterMetricFamily(
            "parley_webhooks_refused", "Webhooks refused.", labels=["provider", "reason"]
        )
        for labels, number in refused_webhooks.totals(connection).items():
            refused.add_metric(labels, number)
        yield refused


def _outbox(connection: Connection, now: datetime) -> Iterator[Metric]:
    outbox = queues.outbox(connection, now)
    yield _gauges(
        "parley_outbox_pending",
        "Outbound messages that are not settled.",
        ["status"],
        {(status,): backlog.count for status, backlog in outbox.items()},
    )
    yield _gauges(
        "parley_outbox_oldest_seconds",
        "Age of the oldest of them.",
        ["status"],
        {(status,): backlog.oldest_seconds for status, backlog in outbox.items()},
    )
    yield CounterMetricFamily(
        "parley_ambiguous_resends",
        "Messages sent again after an unknown outcome.",
        value=queues.resends(connection),
    )


def blueprint(database: Database) -> Blueprint:
    """The /metrics page of this process."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Pipeline(database))
    pages = Blueprint("metrics", __name__)

    @pages.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)

    return pages


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(name, about, value=value)


def _gauges(name: str, about: str, labels: Sequence[str], values: Mapping[Any, float]) -> Metric:
    family = GaugeMetricFamily(name, about, labels=list(labels))
    for label_values, value in values.items():
        family.add_metric(list(label_values), value)
    return family
