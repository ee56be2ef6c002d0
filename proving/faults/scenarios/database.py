"""The workers, third part: their database is restarted, their links cut, commits are ambiguous."""

import threading
import time

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from proving.faults.proxy import Proxy
from proving.faults.run import Run
from proving.faults.scenario import ON_POSTGRESQL, Group
from proving.faults.scenarios.broker import ANSWERED_WITHIN_SECONDS, goes_on
from proving.faults.traffic import numbered

_CUT = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
# How long a request itself may take on a busy machine.
_MARGIN_SECONDS = 3.0

scenario = Group("worker", [])


@scenario("F26 every link to the database cut", kinds=ON_POSTGRESQL, is_quick=True)
def links_cut(run: Run) -> None:
    """PostgreSQL ends every session, again and again: the outcome of commits is unknown."""
    run.start()
    with run.traffic.meanwhile(numbered(run.fake_contacts(15), 8), every_seconds=0.3):
        for _ in range(12):
            time.sleep(run.draw.uniform(0.05, 0.5))
            _cut(run)
    goes_on(run, 30.0)


def _cut(run: Run) -> None:
    try:
        with run.stack.database.write() as connection:
            connection.execute(_CUT)
    except SQLAlchemyError:
        return  # our own link was the last to be cut
    run.record("cut every link to the database")


@scenario("F26 database killed in traffic", kinds=ON_POSTGRESQL)
def killed(run: Run) -> None:
    """PostgreSQL is killed and started again, three times."""
    run.start()
    with run.traffic.meanwhile(numbered(run.fake_contacts(15), 8), every_seconds=0.5):
        for _ in range(3):
            time.sleep(run.draw.uniform(0.5, 1.5))
            run.servers.postgresql.kill()
            run.record("killed postgresql")
            run.servers.postgresql.start()
    goes_on(run, 30.0)


@scenario("F26 link to the database cut in mid-sentence", kinds=ON_POSTGRESQL)
def cut_in_mid_sentence(run: Run) -> None:
    """Links to the database break after so many bytes: in a statement, a COMMIT, or its answer."""
    database = run.proxy("DATABASE_URL")
    run.start()
    with run.traffic.meanwhile(numbered(run.fake_contacts(15), 8), every_seconds=0.5):
        for _ in range(15):
            database.cut_after(run.draw.randrange(1, 20_000))
            run.record("cut a link to the database")
            time.sleep(0.25)
    goes_on(run, 30.0)


@scenario("F26 database away and silent", needs_counting_bot=True, kinds=ON_POSTGRESQL)
def away(run: Run) -> None:
    """The database refuses links, then accepts them and says nothing, each for a few seconds.

    Webhooks are answered 503 within 2 s and taken once it is back; turns in hand are recorded then.
    """
    database = run.proxy("DATABASE_URL")
    run.start()
    for fault in (Proxy.refuse, Proxy.fall_silent):
        run.traffic.send_all({p: ["before", "pause 0.2", "more"] for p in run.fake_contacts(10)})
        since = len(run.traffic.said)
        fault(database)
        run.record(f"database: {fault.__name__}")
        healing = threading.Timer(4, database.heal)
        healing.start()
        started = time.monotonic()
        run.traffic.send_all(numbered(run.fake_contacts(10), 1, "meanwhile"))
        healing.join()
        for said in run.traffic.said[since:]:
            assert set(said.answers) <= {200, 503}, said.answers
            assert said.answers[0] == 503, said.answers
            pause = (time.monotonic() - started) / len(said.answers)
            assert pause < ANSWERED_WITHIN_SECONDS + _MARGIN_SECONDS, f"{pause:.1f} s a try"
        goes_on(run, 30.0)
