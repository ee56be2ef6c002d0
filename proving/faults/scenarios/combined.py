"""The whole install: nothing happens, everything is killed again and again, a long time passes."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from proving.faults.growth import Growth
from proving.faults.processes import eventually
from proving.faults.run import Run
from proving.faults.scenario import REDIS, Group
from proving.faults.server import Server
from proving.faults.traffic import numbered

scenario = Group("whole", [])

KILL_EVERY_SECONDS = 3.0
SOAK_PER_SECOND = 20.0
WARM_SECONDS = 720.0


@scenario("F0 nothing happens", is_core=True)
def nothing(run: Run) -> None:
    """Traffic without any fault: what a run looks like that has nothing to report."""
    run.start()
    run.traffic.send_all(numbered(run.fake_contacts(40), 5))


@scenario("F0 workers away", is_quick=True)
def workers_away(run: Run) -> None:
    """Everybody writes while no worker runs; then they come one pool after the other."""
    run.start("web", "clock")
    run.traffic.send_all(numbered(run.fake_contacts(30), 8))
    run.record("let 240 messages wait for converse")
    run.start("converse")
    eventually(lambda: not any(it.startswith("turn") for it in run.waiting()), 30)
    run.record("let their replies wait for dispatch")
    run.start("dispatch")


@scenario("F0 two of each", needs_counting_bot=True)
def two_of_each(run: Run) -> None:
    """Two workers of each pool share slow turns: no contact is ever in the hands of both."""
    run.start("web", "converse", "converse", "dispatch", "dispatch", "clock")
    run.traffic.send_all(numbered(run.fake_contacts(12), 6, "pause 0.15"))


@scenario("F40 everything killed", is_core=True, drained_within_seconds=90)
def everything_killed(run: Run) -> None:
    """For 60 s under load, kill -9 every 3 s: one process, a server, or all of it at once."""
    run.traffic.patience_seconds = 60
    run.start()
    length = run.plan.seconds or 60.0
    with run.supervised(), _beside(lambda: _kill_again_and_again(run, length)):
        run.traffic.stream(run.fake_contacts(60), SOAK_PER_SECOND, length)


@scenario("F40 everything killed, for a short while", is_quick=True, drained_within_seconds=90)
def everything_killed_shortly(run: Run) -> None:
    """The same for 12 s, one process at a time."""
    run.traffic.patience_seconds = 60
    run.start()
    with run.supervised(), _beside(lambda: _kill_again_and_again(run, 12.0, servers=False)):
        run.traffic.stream(run.fake_contacts(30), SOAK_PER_SECOND, 12.0)


def _kill_again_and_again(run: Run, seconds: float, *, servers: bool = True) -> None:
    for _ in range(int(seconds / KILL_EVERY_SECONDS)):
        time.sleep(KILL_EVERY_SECONDS)
        chance = run.draw.random()
        if servers and chance < 0.2:
            _kill_server(run)
        elif servers and chance < 0.35:
            for process in run.stack.lines():
                run.kill(process)
        else:
            run.kill(run.draw.choice(run.stack.lines()))


def _kill_server(run: Run) -> None:
    servers: list[Server] = run.servers.under(run.plan.kind)
    if servers:
        server = run.draw.choice(servers)
        server.kill()
        run.record(f"killed {type(server).__name__}")
        server.start()


@scenario("F43 soak", kinds=(REDIS,), is_long=True, drained_within_seconds=90)
def soak(run: Run) -> None:
    """For an hour at 20 messages/s with a fault every 20 s; nothing grows.

    After 12 minutes and at the end: memory and open files of every process, dead rows of every
    table, what Redis holds. Until 10 minutes are full the pull has more to compare at each look.
    """
    run.traffic.patience_seconds = 60
    length = run.plan.seconds or 3600.0
    broker, provider = run.proxy("BROKER_URL"), run.proxy("TWILIO_API_BASE_URL")
    faults: list[tuple[str, Callable[[], object]]] = [
        ("cut the broker's links", broker.cut),
        ("cut the provider's links", provider.cut),
        ("emptied Redis", lambda: _empty_redis(run)),
        ("ordered refusals", lambda: run.fake.turn(times=5, status=429, code=20429)),
        ("ordered errors", lambda: run.fake.turn(times=5, status=503)),
        ("ordered lost answers", lambda: run.fake.turn(times=5, after_create="reset")),
        ("cut the database's links", lambda: _cut_database(run)),
    ]
    run.start()
    growth = Growth(run)
    fake_contacts = run.fake_contacts(400)
    with _beside(lambda: _hurt_now_and_then(run, faults, length)):
        warm = min(WARM_SECONDS, length / 2)
        run.traffic.stream(fake_contacts, SOAK_PER_SECOND, warm)
        growth.begin()
        run.traffic.stream(fake_contacts, SOAK_PER_SECOND, length - warm)
    growth.end()


def _hurt_now_and_then(
    run: Run, faults: list[tuple[str, Callable[[], object]]], seconds: float
) -> None:
    for _ in range(int(seconds / 20)):
        time.sleep(20)
        words, hurt = run.draw.choice(faults)
        hurt()
        run.record(words)


def _empty_redis(run: Run) -> None:
    with run.servers.redis.client as client:
        client.flushall()


def _cut_database(run: Run) -> None:
    run.servers.postgresql.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name LIKE 'parley%' AND pid <> pg_backend_pid()"
    )


@contextmanager
def _beside(work: Callable[[], None]) -> Iterator[None]:
    """Do this in a thread of its own until it is done."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    yield
    thread.join()
