"""The same pipeline with Dramatiq."""

import os

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from benchmarks import textbook_job

dramatiq.set_broker(RedisBroker(url=os.environ["BROKER_URL"]))  # type: ignore[no-untyped-call]  # half typed


@dramatiq.actor
def handle(provider_id: str, phone: str, body: str) -> None:
    """A message came in."""
    send.send(textbook_job.handle(provider_id, phone, body))


@dramatiq.actor
def send(message_id: int) -> None:
    """A reply goes out."""
    textbook_job.send(message_id)


enqueue = handle.send
