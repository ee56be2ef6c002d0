"""A backlog of inbound messages: how long until all are recorded and answered.

One converse and one dispatch process on PostgreSQL and Redis, as the Procfile starts them; the
textbook gets one Celery worker with two processes.
"""

import contextlib
from collections.abc import Iterator

from sqlalchemy import Engine, text

from benchmarks import bench
from pipeline.database import Database
from pipeline.messages import Inbound
from pipeline.records import inbox, upgrading
from pipeline.settings import Settings
from workers.ring import Ringer

CONTACTS = 2_000


@contextlib.contextmanager
def fake_twilio() -> Iterator[str]:
    """The fake provider in a process of its own; gives its address."""
    port = bench.free_port()
    account = f"--account {bench.ACCOUNT} --token {bench.TOKEN}"
    command = f"python -m parley.proving.fake_twilio --port {port} {account}"
    with bench.process(command, bench.environment("")):
        bench.wait_for_port(port)
        yield f"http://127.0.0.1:{port}"


def parley(messages: int, api_url: str = "") -> float:
    """Messages a second through Parley."""
    with bench.fresh_database() as url:
        provider = {"PROVIDER": "twilio" if api_url else "simulator"}
        more = {"TWILIO_API_BASE_URL": api_url, "PUBLIC_URL": "http://127.0.0.1:1"}
        env = bench.environment(url, **provider, **more)
        _fill(url, messages)
        with (
            bench.process(bench.procfile("converse"), env),
            bench.process(bench.procfile("dispatch"), env),
        ):
            looking = bench.engine(url)
            _wait_for_workers(looking)
            ring = Ringer(Settings.load(database_url=url, broker_url=bench.REDIS)).ring
            ring("converse")
            return messages / bench.wait_until(lambda: _sent(looking) == messages, pause=0.25)


def _fill(url: str, messages: int) -> None:
    database = Database(url.replace("postgresql://", "postgresql+psycopg://"))
    with database.write() as connection:
        upgrading.upgrade(connection)
    for first in range(0, messages, 1000):
        with database.write() as connection:
            now = database.now(connection)
            numbers = range(first, min(first + 1000, messages))
            entries = [inbox.entry(_inbound(n), {"Body": ["hi"]}) for n in numbers]
            inbox.append(connection, [entry | {"received_at": now} for entry in entries])
    database.close()


def _inbound(number: int) -> Inbound:
    phone = f"+1415{number % CONTACTS:07}"
    return Inbound(
        provider="twilio",
        account_id=bench.ACCOUNT,
        provider_id=f"SM{number:032}",
        channel="sms",
        contact_key=phone,
        phone=phone,
        recipient="+15550100",
        text=f"message {number}",
    )


def _wait_for_workers(looking: Engine) -> None:
    def are_up() -> bool:
        with looking.connect() as connection:
            query = text("SELECT count(DISTINCT pool) FROM worker")
            return bool(connection.execute(query).scalar_one() == 2)

    bench.wait_until(are_up)


def _sent(looking: Engine) -> int:
    with looking.connect() as connection:
        query = text(
            "SELECT count(*) FROM message WHERE direction = 'outbound' AND provider_id IS NOT NULL"
        )
        return int(connection.execute(query).scalar_one())


def textbook(messages: int, api_url: str = "") -> float:
    """Messages a second through the textbook pipeline."""
    with bench.fresh_database() as url:
        env = bench.environment(url, TWILIO_API_BASE_URL=api_url, PUBLIC_URL="http://127.0.0.1:1")
        script = (
            "import benchmarks.textbook as t; t.Base.metadata.create_all(t.engine); "
            f"[t.handle.delay(f'+1415{{n % {CONTACTS}:07}}', f'message {{n}}') "
            f"for n in range({messages})]"
        )
        bench.run(["python", "-c", script], env)
        worker = "celery --app benchmarks.textbook:celery worker --concurrency 2"
        looking = bench.engine(url)

        def sent() -> int:
            query = text("SELECT count(*) FROM textbook_message WHERE status = 'sent'")
            with looking.connect() as connection:
                return int(connection.execute(query).scalar_one())

        with bench.process(worker, env):
            bench.wait_until(lambda: sent() > 0)
            before = sent()
            return (messages - before) / bench.wait_until(lambda: sent() == messages, pause=0.25)
