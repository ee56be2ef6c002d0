"""The workers, second part: handlers that hang, fail, die, or eat memory; many children at once.

A turn that fails is tried again after 1, 5, 25 and 120 s: 151 s in all, which nobody waits for
here. `_hurry` makes a lane in back-off due at once; that it waits at all is seen before.
"""

import os
import re
import time
from functools import partial

from sqlalchemy import select, update

from pipeline.conversation.turns import MAX_ATTEMPTS
from pipeline.records.core.inbox import Entry
from pipeline.records.core.lanes import Lane
from proving.faults.contacts import FakeContact
from proving.faults.processes import eventually, procfile
from proving.faults.run import Run
from proving.faults.scenario import ON_POSTGRESQL, Group
from proving.faults.scenarios.broker import goes_on
from proving.faults.traffic import numbered
from proving.faults.violations import Allowed

_PARKED = Allowed(parked=True)
# What a proper driver never says, and one whose connection two processes share does.
_BROKEN_PROTOCOL = re.compile(
    r"lost synchronization|InterfaceError|message type 0x|prepared statement|unexpected response"
    r"|bad record mac|decryption failed|Traceback"
)

scenario = Group("worker", [])


def _hurry(run: Run, person: FakeContact) -> None:
    """Make the contact's lane due: one in back-off, and one whose process has died."""
    with run.stack.database.write() as connection:
        now = run.stack.database.now(connection)
        connection.execute(
            update(Lane)
            .where(Lane.direction == "inbound", Lane.key == _lane(person), Lane.due_at > now)
            .values(due_at=now)
        )


def _lane(person: FakeContact) -> str:
    return person.number


def _tries(run: Run, person: FakeContact, text: str) -> list[int]:
    """The processes that began this turn, one for each try."""
    trace = run.trace()
    return [n.process for n in trace if (n.what, n.phone, n.text) == ("begin", person.number, text)]


def _is_tried(run: Run, person: FakeContact, text: str, times: int) -> bool:
    return len(_tries(run, person, text)) >= times


def _given_up(run: Run) -> dict[str, str]:
    """By lane: why its turn is parked."""
    query = select(Entry.lane, Entry.error).where(Entry.status == "parked")
    with run.stack.database.read() as connection:
        return {row.lane: row.error for row in connection.execute(query)}


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _park(run: Run, text: str, why: str) -> None:
    """A message that fails every time is parked after five tries, and the lane continues."""
    (guilty,) = run.fake_contacts(1)
    neighbours = run.fake_contacts(10)
    run.traffic.send_all({guilty: [text], **numbered(neighbours, 1)})
    run.record(f"said {text!r}")
    # The pool has one process: neighbours wait until the guilty one's is replaced.
    eventually(lambda: all(person.got for person in neighbours), 60)
    for tried in range(1, MAX_ATTEMPTS + 1):
        eventually(partial(_is_tried, run, guilty, text, tried), 60)
        if tried < MAX_ATTEMPTS:
            _let_it_fail(run, guilty, text)
    with run.traffic.meanwhile({guilty: ["after"]}):
        eventually(lambda: hurried_and_given_up(run, guilty), 60)
    eventually(lambda: guilty.got == ["1: after"], 60)
    assert why in _given_up(run)[_lane(guilty)], _given_up(run)
    assert len(_tries(run, guilty, text)) == MAX_ATTEMPTS
    goes_on(run)


def hurried_and_given_up(run: Run, person: FakeContact) -> bool:
    """Whether its turn is parked; one whose process died is, once its last lease has ended."""
    if not any(_is_alive(pid) for pid in _tries(run, person, "die")):
        _hurry(run, person)
    return _lane(person) in _given_up(run)


def _let_it_fail(run: Run, person: FakeContact, text: str) -> None:
    """Wait until this try has failed, then let the next one come."""
    pid = _tries(run, person, text)[-1]
    if text == "die":
        eventually(lambda: not _is_alive(pid), 60)
    else:
        eventually(lambda: not _is_leased(run, person), 60)
    _hurry(run, person)


def _is_leased(run: Run, person: FakeContact) -> bool:
    query = select(Lane.key).where(Lane.key == _lane(person), Lane.token.is_not(None))
    with run.stack.database.read() as connection:
        return connection.execute(query).first() is not None


@scenario("F22 handler that does not end", needs_counting_bot=True, allowed=_PARKED)
def endless(run: Run) -> None:
    """A handler hangs every time: it is ended at its limit (1 s for 30 s) and hurts nobody else."""
    run.stack.environment["TURN_LIMIT_SECONDS"] = "1"
    run.start()
    _park(run, "pause 60", "TURN_LIMIT_SECONDS")


@scenario("F23 handler that raises", needs_counting_bot=True, allowed=_PARKED, is_core=True)
def raising(run: Run) -> None:
    """A handler raises every time: its turn is parked after five tries, the contact continues."""
    run.start()
    _park(run, "raise", "ValueError: as the message asks")


@scenario("F23 handler that kills its process", needs_counting_bot=True, allowed=_PARKED)
def deadly(run: Run) -> None:
    """A handler takes its process along every time: parked after five, neighbours unharmed."""
    run.start()
    _park(run, "die", "worker died 5 times")


@scenario(
    "F23 handler that eats memory", needs_counting_bot=True, allowed=_PARKED, kinds=ON_POSTGRESQL
)
def greedy(run: Run) -> None:
    """A handler wants more memory than its process may have: parked; one that keeps much: replaced.

    The process may have 2 GB; the pool replaces a child that keeps 300 MB.
    """
    run.start("web", "dispatch", "clock")
    command = ("prlimit", f"--as={2 * 1024**3}", *procfile()["converse"])
    run.stack.wait_until_ready("converse", run.stack.run("converse", *command))
    (person,) = run.fake_contacts(1)
    run.traffic.send_all({person: ["grow 400"]})
    eventually(lambda: person.got)
    (grown,) = _tries(run, person, "grow 400")
    eventually(lambda: not _is_alive(grown), 20)
    run.record("a child grew by 400 MB, and was replaced")
    _park(run, "grow 4000", "MemoryError")


@scenario("F27 many children", kinds=ON_POSTGRESQL)
def many_children(run: Run) -> None:
    """1000 turns in a pool of 8 processes: no connection is shared, nothing is garbled."""
    run.start("web", "dispatch", "clock")
    command = [word if word != "1" else "8" for word in procfile()["converse"]]
    worker = run.stack.run("converse", *command)
    run.stack.wait_until_ready("converse", worker)
    with run.traffic.meanwhile(numbered(run.fake_contacts(100), 10)):
        time.sleep(1)
    eventually(lambda: not run.waiting(), 60)
    said = worker.log.read_text("utf-8", "replace")
    assert not (found := _BROKEN_PROTOCOL.search(said)), said[found.start() - 500 :][:2000]
    workers = {event.process for event in run.trace()}
    assert len(workers) > 1, "one child took every turn"
