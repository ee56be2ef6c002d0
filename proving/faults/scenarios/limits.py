"""Limits: floods, crowds, a full disk, no connections left, clocks that jump, a long time."""

import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg

from proving.faults.contacts import FakeContact
from proving.faults.fake_clock import FakeClock
from proving.faults.full_disk import FullDisk
from proving.faults.history import Said
from proving.faults.processes import Process, eventually
from proving.faults.run import Run
from proving.faults.scenario import ON_POSTGRESQL, SQLITE, Group
from proving.faults.traffic import numbered

scenario = Group("limits", [])

FLOOD = 2000
CROWD = 10_000
# For a contact during a flood, from the webhook to the provider: so much, and so many times what it
# takes without one on this machine as it is.
REPLIED_WITHIN_SECONDS = 2.0
TIMES_AS_LONG = 10


@scenario("L1 flood of one contact", drained_within_seconds=240)
def flood(run: Run) -> None:
    """One number writes 2,000 messages at once; 50 others are answered as if it did not."""
    # Every one is to be answered, on a machine that is slow, too.
    run.stack.environment["MAX_WAITING_PER_CONTACT"] = str(FLOOD)
    run.start()
    _flood(run, FLOOD)


@scenario("L1 flood of one contact, a short one", drained_within_seconds=90)
def short_flood(run: Run) -> None:
    """The same with 300 messages."""
    run.start()
    _flood(run, 300)


def _flood(run: Run, count: int) -> None:
    flooder, *others = run.fake_contacts(51)
    run.traffic.send_all(numbered(others, 1, "quince before"), every_seconds=0.3)
    quiet = statistics.median(eventually(lambda: _delays(run, others, len(others)), 60))
    texts = [f"quince flood {number}" for number in range(count)]
    with (
        run.traffic.meanwhile(numbered(others, 3, "quince other"), every_seconds=0.3),
        ThreadPoolExecutor(16) as lines,
    ):
        list(lines.map(lambda text: run.traffic.say(flooder, text), texts))
    run.record(f"wrote {count} messages from one number")
    delays = eventually(lambda: _delays(run, others, 4 * len(others)), 60)
    median, worst = statistics.median(delays), max(delays)
    figure = f"replies in {quiet:.2f} s; during the flood: {median:.2f} s, the slowest {worst:.2f}"
    run.measured(figure)
    assert worst < REPLIED_WITHIN_SECONDS + TIMES_AS_LONG * quiet, figure


def _delays(run: Run, persons: Sequence[FakeContact], count: int) -> list[float]:
    """From each webhook of these to its reply, in seconds; [] while a reply is missing."""
    numbers = {person.number for person in persons}
    said = {(said.contact, said.text): said.sent_at for said in run.traffic.said}
    delays = [
        create.at - said[create.to, create.body.partition(": ")[2]]
        for create in run.fake.creates
        if create.to in numbers and create.sid
    ]
    return delays if len(delays) >= count else []


@scenario("L2 10,000 contacts at once", drained_within_seconds=240)
def send_all(run: Run) -> None:
    """10,000 contacts write one message each over 64 connections; each is answered once.

    Without status callbacks: those of the fake would be three quarters of the load.
    """
    run.fake.plan()
    run.traffic.patience_seconds = 60
    run.start()
    started = time.monotonic()
    run.traffic.send_all(numbered(run.fake_contacts(CROWD), 1), connections=64)
    seconds = time.monotonic() - started
    run.measured(f"{CROWD} webhooks taken in {seconds:.0f} s, {CROWD / seconds:.0f} a second")


@scenario("L5 disk full", kinds=(SQLITE,))
def disk_full(run: Run) -> None:
    """The disk under SQLite fills up: 503 and never 200 without a row; with room it continues."""
    run.traffic.patience_seconds = 60
    disk = run.until_closed(FullDisk(run.stack))
    processes = run.start()
    fake_contacts = run.fake_contacts(12)
    run.traffic.send_all(numbered(fake_contacts, 2, "quince before"))
    run.drain(20)
    with run.traffic.meanwhile(numbered(fake_contacts, 20, "quince during"), every_seconds=0.1):
        time.sleep(0.5)
        disk.fill()
        run.record("filled the disk")
        eventually(lambda: any(503 in said.answers for said in run.traffic.said), 30)
        time.sleep(3)
        disk.free()
    _all_run(processes)


@scenario("L6 no connections left", kinds=ON_POSTGRESQL, is_quick=True)
def no_connections(run: Run) -> None:
    """Somebody takes every connection of PostgreSQL: 503 within 2 s, and then it continues.

    Parley's are cut first, so that it has to ask for new ones, as after a restart of PostgreSQL.
    """
    run.traffic.patience_seconds = 60
    processes = run.start()
    fake_contacts = run.fake_contacts(16)
    run.traffic.send_all(numbered(fake_contacts, 1, "quince before"))
    during = numbered(fake_contacts, 8, "quince during")
    with run.traffic.meanwhile(during, every_seconds=0.1), _all_connections(run):
        run.record("took every connection of PostgreSQL")
        status, took = _try_once(run)
        time.sleep(3)
    run.measured(f"without a connection a webhook was answered {status} after {took:.2f} s")
    # 200 where Parley was quicker than the one who takes them: then the row is there.
    assert status in {200, 503}, f"{status} without a connection to the database"
    # 2 s and what a busy machine adds.
    assert took < 4, f"the refusal took {took:.1f} s"
    _all_run(processes)


def _try_once(run: Run) -> tuple[int, float]:
    """Write one message of a stranger, and do not insist: the answer and its seconds."""
    (person,) = run.fake_contacts(1)
    said = Said("SM" + "0" * 32, person.number, "quince once", time.monotonic())
    run.traffic.said.append(said)
    status, _ = run.stack.post(From=person.number, MessageSid=said.sid, Body=said.text)
    now = time.monotonic()
    if status == 200:
        said.acked_at = now
    return status, now - said.sent_at


@contextmanager
def _all_connections(run: Run) -> Iterator[None]:
    """Hold every connection that PostgreSQL gives, and cut those that others have."""
    url = run.servers.postgresql.url()
    held: list[psycopg.Connection[tuple[object, ...]]] = []
    is_over = threading.Event()

    def take() -> None:
        while not is_over.is_set():
            try:
                held.append(psycopg.connect(url, connect_timeout=2, autocommit=True))
            except psycopg.OperationalError:
                is_over.wait(0.01)

    takers = [threading.Thread(target=take, daemon=True) for _ in range(4)]
    for taker in takers:
        taker.start()
    try:
        _take_those_of_parley(held)
        yield
    finally:
        is_over.set()
        for taker in takers:
            taker.join()
        for connection in held:
            connection.close()


def _take_those_of_parley(held: list[psycopg.Connection[tuple[object, ...]]]) -> None:
    """Cut Parley's connections until the takers have them all."""
    of_others = "FROM pg_stat_activity WHERE application_name LIKE 'parley%'"
    eventually(lambda: len(held) > 5)
    mine = held.pop(0)

    def is_alone() -> bool:
        for _ in range(3):
            mine.execute(f"SELECT pg_terminate_backend(pid) {of_others}")
            time.sleep(0.1)
            ((count,),) = mine.execute(f"SELECT count(*) {of_others}").fetchall()
            if count:
                return False
        return True

    try:
        eventually(is_alone, 20)
    finally:
        held.append(mine)


@scenario("L7 clocks jump", kinds=ON_POSTGRESQL)
def clocks_jump(run: Run) -> None:
    """The clock of the machine jumps an hour ahead and back again, under every process.

    Wake-ups, leases and sweeps continue: due times use the database's clock and monotonic clocks.
    A retry is requested at each step, because only the clock process wakes for those.
    """
    clock = FakeClock(run.stack.folder / "clock")
    run.stack.environment |= clock.environment
    processes = run.start()
    fake_contacts = run.fake_contacts(10)
    for hours in (0, 1, 0, -1, 0):
        clock.set(hours)
        run.record(f"set every clock to {hours:+} h")
        time.sleep(2)
        run.fake.turn(times=1, status=429, code=20429)
        run.traffic.send_all(numbered(fake_contacts, 2, f"quince at {hours:+} h"))
        run.drain(30)
        assert not run.waiting(), f"with every clock at {hours:+} h: {run.waiting()[:5]}"
    _all_run(processes)


@scenario("L7 clocks differ", kinds=ON_POSTGRESQL)
def clocks_differ(run: Run) -> None:
    """The workers' machines are an hour ahead, the others' an hour behind: nothing waits for it."""
    for name, hours in (("web", -1), ("converse", 1), ("dispatch", 1), ("clock", -1)):
        clock = FakeClock(run.stack.folder / f"clock-{name}")
        clock.set(hours)
        run.stack.environment |= clock.environment
        run.start(name)
        run.record(f"set the clock of {name} to {hours:+} h")
    run.traffic.send_all(numbered(run.fake_contacts(20), 5))


def _all_run(processes: Sequence[Process]) -> None:
    dead = [process.log.stem for process in processes if not process.is_running]
    assert not dead, f"ended: {dead}"
