"""The textbook's side: the same job under Celery, RQ or Dramatiq, watched to its end."""

from sqlalchemy import Engine, text

from benchmarks import bench, databases
from benchmarks.provider import Provider

WORKERS = {
    "textbook": (
        "celery --app benchmarks.textbook:celery worker --concurrency 4 --pool prefork"
        " --without-gossip --without-mingle --loglevel WARNING"
    ),
    # Its usual worker forks for each job; this one does not.
    "textbook_rq": (
        "rq worker-pool --num-workers 2 --worker-class rq.worker.SimpleWorker --quiet"
        " --url {broker}"
    ),
    "textbook_dramatiq": "dramatiq benchmarks.textbook_dramatiq --processes 2 --threads 4",
}
_SENT = text(
    "SELECT count(*), extract(epoch FROM max(sent_at) - min(created_at))"
    " FROM textbook_message WHERE status = 'sent' OR direction = 'inbound'"
)


def measure(name: str, messages: int, contacts: int, provider: Provider | None = None) -> float:
    """Messages a second from the first one handled to the last one sent."""
    with databases.database() as url:
        env = bench.environment(url, TWILIO_API_BASE_URL=provider.url if provider else "")
        fill(name, messages, contacts, env)
        worker = WORKERS[name].format(broker=bench.redis_url())
        with databases.looking(url) as engine, bench.process(worker, env):
            bench.wait_until(lambda: _count(engine) == 2 * messages, pause=0.25)
            with engine.connect() as connection:
                seconds = float(connection.execute(_SENT).one()[1])
    return messages / seconds


def fill(name: str, messages: int, contacts: int, env: dict[str, str]) -> None:
    """Make the tables and queue so many messages."""
    counts = [str(messages), str(contacts)]
    bench.run(["python", "-m", "benchmarks.textbook_fill", f"benchmarks.{name}", *counts], env)


def _count(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(_SENT).one()[0])
