"""The workers, first part: killed, told to end, and stalled, at the worst moments."""

import contextlib
import os
import time
from signal import SIGCONT, SIGKILL, SIGSTOP, SIGTERM

from sqlalchemy import select

from pipeline.records.core.messages import Message
from proving.faults.processes import Process, eventually, family_of
from proving.faults.run import Run
from proving.faults.scenario import REDIS, Group
from proving.faults.scenarios.broker import at_work, goes_on, nothing_leased
from proving.faults.stack import EVERYTHING
from proving.faults.traffic import numbered
from proving.faults.violations import Allowed

STOPPED_WITHIN_SECONDS = 10.0
# What a busy machine needs to notice that a process has ended.
_MARGIN_SECONDS = 3.0

scenario = Group("worker", [])


def pausing_in(run: Run) -> set[int]:
    """The processes in which the bot has begun to pause."""
    return {event.process for event in run.trace() if event.text.startswith("pause")}


def resends(run: Run) -> dict[str, int]:
    """By text: how often a message may have been sent a second time."""
    query = select(Message.body, Message.resends).where(Message.resends > 0)
    with run.stack.database.read() as connection:
        return {row.body: row.resends for row in connection.execute(query)}


@scenario("F18 child of the pool killed", needs_counting_bot=True, is_core=True)
def child_killed(run: Run) -> None:
    """A process of the pool is killed in a turn, as when memory runs out, and a whole worker too.

    Their turns run again once their leases have ended, 15 s later.
    """
    run.start(*EVERYTHING, "converse")
    run.traffic.send_all(
        {person: ["before", "pause 1", "after"] for person in run.fake_contacts(4)}
    )
    eventually(lambda: len(pausing_in(run)) == 2)
    first, second = pausing_in(run)
    os.kill(first, SIGKILL)
    os.killpg(os.getpgid(second), SIGKILL)
    run.record("killed a child and a worker")
    goes_on(run, 60.0)


@scenario("F18 children of the pool killed at random", needs_counting_bot=True)
def children_killed(run: Run) -> None:
    """Whatever runs in the pools of two converse lines is killed, eight times in 4 s."""
    workers = [p for p in run.start(*EVERYTHING, "converse") if p.log.stem.startswith("converse")]
    texts = [f"pause {run.draw.uniform(0, 0.2):.2f}" for _ in range(8)]
    with run.traffic.meanwhile(dict.fromkeys(run.fake_contacts(10), texts), every_seconds=0.3):
        for _ in range(8):
            time.sleep(run.draw.uniform(0.1, 0.9))
            _kill_children(run, run.draw.choice(workers))
    goes_on(run, 60.0)


def _kill_children(run: Run, worker: Process) -> None:
    for child in family_of(worker.pid)[1:]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, SIGKILL)
        run.record(f"killed a child of {worker.log.stem}")


@scenario("F19 workers killed", needs_counting_bot=True, drained_within_seconds=90.0)
def killed(run: Run) -> None:
    """converse, dispatch and clock are killed, each in the middle of its work, and started again.

    The provider accepted what dispatch was sending, and it is found there: no resend.
    """
    _, *workers = run.start()
    with (
        run.supervised(),
        run.traffic.meanwhile(numbered(run.fake_contacts(10), 8), every_seconds=0.5),
    ):
        for worker in workers:
            at_work(run)
            run.kill(worker)
    goes_on(run, 60.0)
    eventually(lambda: not run.waiting(), 90)
    assert resends(run) == {}


@scenario("F19 dispatch killed in a call", needs_counting_bot=True, drained_within_seconds=90.0)
def killed_in_call(run: Run) -> None:
    """dispatch is killed in calls that the provider never heard, made unanswered, or makes late.

    No callbacks come, so what is unknown is looked up. Only what the provider never had is sent
    again, and counted.
    """
    _, _, dispatch, _ = run.start()
    run.fake.plan()
    unheard, unanswered, *late = run.fake_contacts(12)
    run.fake.turn(to=unheard.number, times=1, hang_seconds=60)
    run.fake.turn(to=unanswered.number, times=1, after_create="hang", hang_seconds=60)
    run.fake.turn(times=len(late), latency_seconds=5)
    texts = {unheard: ["lost", "x"], unanswered: ["made", "y"]}
    texts |= {person: ["late", "z"] for person in late}
    run.traffic.send_all(texts)
    eventually(lambda: len(run.fake.creates) == len(texts))
    run.kill(dispatch)
    run.traffic.send_all(numbered(run.fake_contacts(10), 2))
    run.start("dispatch")
    eventually(lambda: not run.waiting(), 90)
    assert resends(run) == {"1: lost": 1}


@scenario(
    "F19 dispatch killed, a callback comes", needs_counting_bot=True, drained_within_seconds=40.0
)
def settled_by_callback(run: Run) -> None:
    """dispatch is killed before it was answered; the status callback settles that message."""
    _, _, dispatch, _ = run.start()
    (person,) = run.fake_contacts(1)
    run.fake.turn(to=person.number, times=1, after_create="hang", hang_seconds=60)
    run.traffic.send_all({person: ["first", "second"]})
    eventually(lambda: person.got)
    run.kill(dispatch)
    run.start("dispatch")
    eventually(lambda: not run.waiting(), 40)
    assert resends(run) == {}


@scenario("F20 stopped in a turn", needs_counting_bot=True)
def stopped_in_a_turn(run: Run) -> None:
    """SIGTERM of each worker in the middle of its work: it ends within 10 s and leaves nothing."""
    _, converse, dispatch, clock = run.start()
    run.traffic.send_all({person: ["pause 0.5", "two"] for person in run.fake_contacts(8)})
    at_work(run)
    for worker in (converse, dispatch, clock):
        _end(run, worker)
    assert nothing_leased(run), "a stopped worker left leases behind"
    run.start("converse", "dispatch", "clock")


@scenario("F20 whole groups stopped", needs_counting_bot=True)
def groups_stopped(run: Run) -> None:
    """SIGTERM of every process of a worker at once, as systemd does, in the middle of its work.

    The children of the pool end in their turns, whose leases last up to 15 s more.
    """
    _, *workers = run.start()
    run.traffic.send_all({person: ["pause 0.5", "two"] for person in run.fake_contacts(8)})
    at_work(run)
    for worker in workers:
        worker.tell_all(SIGTERM)
        run.record(f"SIGTERM to the group of {worker.log.stem}")
    eventually(lambda: not any(w.is_running for w in workers), STOPPED_WITHIN_SECONDS + 3)
    run.start("converse", "dispatch", "clock")


def _end(run: Run, worker: Process) -> None:
    took = worker.stop(SIGTERM, within_seconds=60)
    run.record(f"SIGTERM to {worker.log.stem}, which took {took:.1f} s")
    assert took < STOPPED_WITHIN_SECONDS + _MARGIN_SECONDS, f"{worker.log.stem} took {took:.1f} s"


@scenario(
    "F21 stalled beyond the lease",
    needs_counting_bot=True,
    allowed=Allowed(overlaps=True),
    kinds=(REDIS,),
    drained_within_seconds=60.0,
)
def stalled(run: Run) -> None:
    """converse and dispatch are frozen for longer than a lease, then continue.

    Others have taken their work meanwhile; what the sleepers still record is thrown away.
    """
    _, converse, dispatch, _ = run.start()
    run.fake.plan()
    late, slow = run.fake_contacts(2)
    run.fake.turn(to=late.number, times=1, latency_seconds=5)
    # Somebody who is known: of a new contact the key alone would keep a late turn out.
    run.traffic.send_all({late: ["late", "y"], slow: ["quince before"]})
    eventually(lambda: late.got and slow.got)
    run.traffic.send_all({slow: ["pause 3", "x"]})
    eventually(lambda: pausing_in(run))
    for worker in (converse, dispatch):
        worker.tell_all(SIGSTOP)
        run.record(f"froze {worker.log.stem}")
    run.start("converse", "dispatch")
    eventually(lambda: not run.waiting(), 60)
    for worker in (converse, dispatch):
        worker.tell_all(SIGCONT)
    # The stalled turn ends now, in addition to the one that replaced it.
    eventually(lambda: [n.what for n in run.trace() if n.text == "pause 3"].count("end") == 2)
    goes_on(run)
    assert resends(run) == {}


@scenario("F24 two clocks", is_core=True)
def two_clocks(run: Run) -> None:
    """Two clocks, each with a beat, sweep the same work; then one of them is killed."""
    *_, clock = run.start(*EVERYTHING, "clock")
    with run.traffic.meanwhile(numbered(run.fake_contacts(15), 8), every_seconds=0.5):
        time.sleep(2.5)
        run.kill(clock)
    goes_on(run)
