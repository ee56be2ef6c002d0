"""Databases to start from: a backlog in the inbox, or replies that wait to be sent."""

import contextlib
from collections.abc import Iterator

from benchmarks import bench, bulk_load, databases
from pipeline import runtime
from pipeline.converse.drain import Converse
from pipeline.database import Database
from pipeline.dispatch.drain import Dispatch
from pipeline.records.core import inbox
from pipeline.settings import Settings
from pipeline.wakeups import Pool

_AT_ONCE = 1000


@contextlib.contextmanager
def backlog(messages: int, contacts: int) -> Iterator[str]:
    """A database with that many messages in the inbox, of that many contacts, all of them new."""
    with databases.upgraded() as url:
        with databases.opened(url) as database:
            for first in range(0, messages, _AT_ONCE):
                _fill(database, range(first, min(first + _AT_ONCE, messages)), contacts)
        yield url


def _fill(database: Database, numbers: range, contacts: int) -> None:
    with database.write() as connection:
        now = database.now(connection)
        entries = [
            inbox.entry(bulk_load.inbound(f"+1415{n % contacts:07}", n), {"Body": ["hi"]})
            for n in numbers
        ]
        inbox.append(connection, [entry | {"received_at": now} for entry in entries])


@contextlib.contextmanager
def parts(url: str, provider: str = "simulator") -> Iterator[runtime.Runtime]:
    """What a worker process is made of, here."""
    settings = Settings.load(
        database_url=url,
        broker_url=bench.redis_url(),
        bot="benchmarks.bots:bot",
        provider=provider,
        twilio_account_sid=bench.ACCOUNT,
        twilio_auth_token=bench.TOKEN,
        twilio_phone_number=bench.OUR_NUMBER,
        public_url="http://127.0.0.1:1",
        secret_key="benchmark-secret-key",
    )
    built = runtime.build(settings, application="parley benchmark", is_worker=True)
    try:
        yield built
    finally:
        built.database.close()


def converse(built: runtime.Runtime) -> None:
    """Take every turn that is due, as a converse worker does."""
    drain = Converse(built, _no_wakeup, is_stopping=_never, overrun=lambda: None)
    drain.drain()


def dispatch(built: runtime.Runtime) -> None:
    """Send all that is due, as a dispatch worker does."""
    drain = Dispatch(built, _no_wakeup, is_stopping=_never)
    drain.drain()
    drain.close()


def _no_wakeup(_pool: Pool) -> None:
    """Nobody listens."""


def _never() -> bool:
    return False
