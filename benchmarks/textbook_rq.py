"""The same pipeline with RQ."""

import os

from redis import Redis
from rq import Queue

from benchmarks import textbook_job

_queue = Queue(connection=Redis.from_url(os.environ["BROKER_URL"]))


def handle(provider_id: str, phone: str, body: str) -> None:
    """A message came in."""
    _queue.enqueue(textbook_job.send, textbook_job.handle(provider_id, phone, body), result_ttl=0)


def enqueue(provider_id: str, phone: str, body: str) -> None:
    """Queue a message."""
    _queue.enqueue(handle, provider_id, phone, body, result_ttl=0)
