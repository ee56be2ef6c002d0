"""The receiver: the same webhook again and again, a web process that dies, links that break."""

import os
import signal
import time

from proving.faults.processes import Process, eventually, family_of
from proving.faults.response_times import paced
from proving.faults.run import Run
from proving.faults.scenario import ON_POSTGRESQL, Group
from proving.faults.traffic import numbered

scenario = Group("receiver", [])

_CRASH_LOOP_SECONDS = 6.0


@scenario("F2 same webhook twenty times", is_quick=True, is_core=True)
def twenty_copies(run: Run) -> None:
    """Twenty copies of a webhook at once, of many contacts too, and copies of what is handled.

    Each is answered 200; each message has one row, one turn and one reply.
    """
    run.start()
    one, *many = run.fake_contacts(9)
    with paced(run) as pace:
        for number in (1, 2):
            run.traffic.say(one, f"quince {number}", copies=20)
        run.traffic.send_all(numbered(many, 2), copies=4)
    run.record("sent each webhook several times at once")
    assert {answer for answer, _ in pace.tries} == {200}, pace.counts()
    run.drain(20)
    for said in run.traffic.said:
        run.traffic.repeat(said, copies=2)
    run.record("sent what was handled again")
    run.traffic.send_all(numbered([one, *many], 1, "medlar"))


@scenario("F1 web killed", is_core=True)
def web_killed(run: Run) -> None:
    """The web process and its workers are killed in traffic, three times, and started again."""
    web, *_ = run.start("web", "converse", "dispatch", "clock")
    with run.traffic.meanwhile(numbered(run.fake_contacts(12), 8), every_seconds=0.2):
        for _ in range(3):
            time.sleep(0.2 + run.draw.random())
            run.kill(web)
            web = run.stack.start_one("web")


@scenario("F1 one worker of web killed")
def web_worker_killed(run: Run) -> None:
    """One of the two processes that answer is killed in traffic, then another of them.

    The server puts one in its place. It takes a worker that dies within 5.5 s of its start for a
    crash loop, and ends so that its supervisor sees it: the second is killed later than that.
    """
    run.traffic.patience_seconds = 60
    web, *_ = run.start("web", "converse", "dispatch", "clock")
    with run.traffic.meanwhile(numbered(run.fake_contacts(12), 20), every_seconds=0.6):
        for pause_seconds in (_CRASH_LOOP_SECONDS, 0.0):
            time.sleep(0.3 + run.draw.random())
            _, *workers = family_of(web.pid)
            victim = run.draw.choice(workers)
            os.kill(victim, signal.SIGKILL)
            run.record("killed one worker of web")
            _is_replaced(web, victim, len(workers))
            time.sleep(pause_seconds)


@scenario("F1 web stopped")
def web_restarted(run: Run) -> None:
    """SIGTERM of the web process in traffic, and another started: what an update does."""
    run.traffic.patience_seconds = 60
    web, *_ = run.start("web", "converse", "dispatch", "clock")
    with run.traffic.meanwhile(numbered(run.fake_contacts(12), 8), every_seconds=0.3):
        for _ in range(2):
            time.sleep(0.3 + run.draw.random())
            seconds = web.stop(signal.SIGTERM, within_seconds=30)
            run.record(f"told web to end, which took {seconds:.1f} s")
            web = run.stack.start_one("web")


@scenario("F1 links cut")
def links_cut(run: Run) -> None:
    """The links of the phones break after some bytes, before or after the answer is on its way.

    The phone does not know whether it was heard and tries again; that is harmless.
    """
    proxy = run.web_proxy()
    run.start()
    with run.traffic.meanwhile(numbered(run.fake_contacts(12), 10), every_seconds=0.1):
        for _ in range(20):
            proxy.cut_after(run.draw.randrange(3000))
            time.sleep(0.1)
            run.record("cut the links of the phones")
    proxy.heal()


@scenario("F7 broker refuses, is silent, is slow", kinds=ON_POSTGRESQL)
def broker_out_of_reach(run: Run) -> None:
    """The broker refuses, falls silent, and takes 5 s for each piece: webhooks do not notice.

    No wake-ups arrive in the meantime; the clock sends them once the broker is back.
    """
    broker = run.proxy("BROKER_URL")
    run.start()
    with paced(run) as pace:
        for fault, name in (
            (broker.refuse, "refused"),
            (broker.fall_silent, "silent"),
            (lambda: broker.delay(5.0), "slow"),
        ):
            fault()
            run.record(f"broker {name}")
            run.traffic.send_all(
                numbered(run.fake_contacts(8), 3, f"quince {name}"), every_seconds=0.3
            )
            broker.heal()
    assert {answer for answer, _ in pace.tries} == {200}, pace.counts()
    pace.is_in_time(0.99)


@scenario("F9 receiver away")
def receiver_away(run: Run) -> None:
    """No web process runs until the provider stops retrying; the pull fetches all messages."""
    web, *_ = run.start("web", "converse", "dispatch", "clock")
    persons = run.fake_contacts(10)
    run.traffic.send_all(numbered(persons, 1))
    eventually(run.has_pulled, 30)
    run.kill(web)
    run.traffic.patience_seconds = 0.5
    run.traffic.send_all(numbered(persons, 3, "medlar"))
    run.stack.start("web")
    run.pull()
    _everything_is_handled(run)


@scenario("F9 everything away", is_quick=True)
def everything_away(run: Run) -> None:
    """The whole machine is off while people write: the clock pulls as soon as it is on again."""
    lines = run.start()
    persons = run.fake_contacts(10)
    run.traffic.send_all(numbered(persons, 1))
    eventually(run.has_pulled, 30)
    for process in lines:
        run.kill(process)
    run.traffic.patience_seconds = 0.5
    run.traffic.send_all(numbered(persons, 3, "medlar"))
    run.start()
    _everything_is_handled(run)


def _is_replaced(web: Process, victim: int, workers: int) -> None:
    def are_complete() -> bool:
        _, *now = family_of(web.pid)
        return victim not in now and len(now) >= workers

    eventually(are_complete, 30)


def _everything_is_handled(run: Run) -> None:
    """Assert that even what was not acknowledged was handled soon."""
    wanted = {said.sid for said in run.traffic.said}
    eventually(lambda: run.handled() >= wanted, 30)
    assert any(said.acked_at is None for said in run.traffic.said)
    run.record(f"found {len(wanted)} handled")
