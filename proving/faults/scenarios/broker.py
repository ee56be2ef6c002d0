"""The broker, first part: Redis killed, emptied, frozen, full; any broker away. Nothing matters."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from proving.faults.contacts import FakeContact
from proving.faults.processes import eventually
from proving.faults.proxy import Proxy
from proving.faults.run import Run
from proving.faults.scenario import ON_POSTGRESQL, REDIS, Group
from proving.faults.traffic import numbered

ANSWERED_WITHIN_SECONDS = 2.0
# How long a request itself may take on a busy machine.
_MARGIN_SECONDS = 3.0

scenario = Group("broker", [])


def answered_at_once(run: Run, since: int = 0) -> None:
    """A broker that is away costs a webhook nothing: each was answered 200, and soon."""
    for said in run.traffic.said[since:]:
        took = (said.acked_at or time.monotonic()) - said.sent_at
        limit = ANSWERED_WITHIN_SECONDS + _MARGIN_SECONDS
        assert (said.answers, took < limit) == ([200], True), f"{said.answers} after {took:.1f} s"


def goes_on(run: Run, within_seconds: float = 15.0) -> None:
    """What is healed takes new messages to their end, all of it."""
    later = run.fake_contacts(5)
    run.traffic.send_all(numbered(later, 1, "later"))
    if not run.plan.bot:  # another bot may have nothing to say
        eventually(lambda: all(person.got for person in later), within_seconds)


def at_work(run: Run) -> dict[FakeContact, list[str]]:
    """Let converse be in a turn and dispatch in a call, each with a wake-up."""
    slow, late = run.fake_contacts(2)
    run.fake.turn(to=late.number, times=1, latency_seconds=1.5)
    run.traffic.say(late, "hello")
    eventually(lambda: late.got, 40)
    run.traffic.say(slow, "pause 1")
    eventually(lambda: any(event.phone == slow.number for event in run.trace()), 40)
    return {late: ["hello"], slow: ["pause 1"]}


def nothing_leased(run: Run) -> bool:
    """Whether no worker holds a contact."""
    return not [waiting for waiting in run.waiting() if waiting.startswith("lease")]


@scenario("F10 redis killed", kinds=(REDIS,))
def redis_killed(run: Run) -> None:
    """Redis is killed and started again, keeping what it has written."""
    run.start()
    with run.traffic.meanwhile(numbered(run.fake_contacts(20), 5), every_seconds=0.2):
        for _ in range(2):
            run.servers.redis.kill()
            run.record("killed redis")
            run.servers.redis.start()
    goes_on(run)


@scenario("F10 redis killed, everything forgotten", needs_counting_bot=True, kinds=(REDIS,))
def redis_forgets(run: Run) -> None:
    """Redis is killed and started again without anything that it had written."""
    run.start()
    with run.traffic.meanwhile(numbered(run.fake_contacts(20), 5), every_seconds=0.3):
        for _ in range(3):
            at_work(run)
            run.servers.redis.kill()
            run.servers.redis.forget()
            run.record("killed redis, and its disk is empty")
            time.sleep(run.draw.uniform(0, 1))
            run.servers.redis.start()
    goes_on(run)


@scenario("F11 redis emptied", kinds=(REDIS,))
def redis_emptied(run: Run) -> None:
    """FLUSHALL under traffic: first every second, then as fast as it goes."""
    run.start()
    for pause_seconds, times in ((1.0, 5), (0.01, 200)):
        with (
            run.servers.redis.client as client,
            run.traffic.meanwhile(numbered(run.fake_contacts(20), 4), every_seconds=0.2),
        ):
            for _ in range(times):
                client.flushall()
                run.record("emptied redis")
                time.sleep(pause_seconds)
    answered_at_once(run)


@scenario("F12 redis frozen", needs_counting_bot=True, kinds=(REDIS,))
def redis_frozen(run: Run) -> None:
    """Redis is frozen, with every connection half open, and continues after 20 s.

    Longer than each time-out on the way (10 s for an answer, 2 s for a link), so that 40 s would
    show no more. Webhooks are answered at once meanwhile, and turns in hand end.
    """
    run.start()
    at_work(run)
    run.servers.redis.pause()
    run.record("froze redis")
    until = time.monotonic() + 20
    while time.monotonic() < until:
        run.traffic.send_all(numbered(run.fake_contacts(3), 1))
        time.sleep(1)
    answered_at_once(run)
    assert nothing_leased(run), "a turn or a send in hand waits for a broker"
    run.servers.redis.resume()
    goes_on(run)


@contextmanager
def _full(run: Run) -> Iterator[None]:
    with run.servers.redis.client as client:
        client.config_set("maxmemory", "1mb")
        try:
            yield
        finally:
            client.config_set("maxmemory", "0")


@contextmanager
def _unsaved(run: Run) -> Iterator[None]:
    """Put a folder where the file should be, so that saving fails."""
    obstacle = run.servers.redis.folder / "dump.rdb"
    with run.servers.redis.client as client:
        obstacle.mkdir()
        client.config_set("save", "3600 1")
        client.bgsave()
        eventually(lambda: client.info("persistence")["rdb_last_bgsave_status"] == "err")
        try:
            yield
        finally:
            obstacle.rmdir()
            client.config_set("save", "")
            client.config_set("stop-writes-on-bgsave-error", "no")
            client.bgsave()
            eventually(lambda: client.info("persistence")["rdb_last_bgsave_status"] == "ok")
            client.config_set("stop-writes-on-bgsave-error", "yes")


def _refusing(run: Run, refusal: Callable[[Run], AbstractContextManager[None]], what: str) -> None:
    run.start()
    at_work(run)
    with refusal(run):
        run.record(what)
        run.traffic.send_all(numbered(run.fake_contacts(10), 8), every_seconds=1.0)
    answered_at_once(run)
    goes_on(run)


@scenario("F13 redis full", needs_counting_bot=True, kinds=(REDIS,))
def redis_full(run: Run) -> None:
    """Redis refuses every write for 8 s, for it is out of memory (OOM)."""
    _refusing(run, _full, "redis is full")


@scenario("F13 redis cannot save", needs_counting_bot=True, kinds=(REDIS,))
def redis_cannot_save(run: Run) -> None:
    """Redis refuses every write for 8 s, for it cannot save to its disk (MISCONF)."""
    _refusing(run, _unsaved, "redis cannot save")


@scenario("F13 broker away and silent", needs_counting_bot=True, kinds=ON_POSTGRESQL)
def away(run: Run) -> None:
    """The broker refuses links, then accepts them and says nothing, each for a few seconds.

    Webhooks are answered at once; what is in hand ends while there is nobody to tell.
    """
    broker = run.proxy("BROKER_URL")
    run.start()
    for fault in (Proxy.refuse, Proxy.fall_silent):
        at_work(run)
        since = len(run.traffic.said)
        fault(broker)
        run.record(f"broker: {fault.__name__}")
        run.traffic.send_all(numbered(run.fake_contacts(10), 1, "meanwhile"))
        answered_at_once(run, since)
        eventually(lambda: nothing_leased(run))
        broker.heal()
        goes_on(run, 30.0)
