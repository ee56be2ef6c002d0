"""How a run reaches a crash point, and what must hold after it, in addition to the promises."""

import time
import uuid
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, insert, select

from pipeline.enums import EntryKind
from pipeline.records.accounts.audit import AuditEntry
from pipeline.records.core.contacts import Contact
from pipeline.records.core.inbox import Entry, internal
from pipeline.records.core.messages import Message
from pipeline.records.core.transitions import Transition
from pipeline.records.stats.tallies import Tally
from pipeline.records.stats.workers import Watermark
from proving.faults.contacts import FakeContact
from proving.faults.processes import eventually
from proving.faults.run import Run
from proving.faults.scenarios.unrecordable import refused_by_the_database, tried
from proving.faults.steps import call, call_until, count, drained, has_opted_out, insist
from proving.faults.traffic import numbered

_OLD = timedelta(days=100)


def traffic(run: Run, mark: Path) -> None:
    """Everybody writes while it happens."""
    run.start()
    with run.traffic.meanwhile(numbered(run.fake_contacts(20), 5), every_seconds=0.1):
        run.has_crashed(mark)


def one_by_one(run: Run, mark: Path) -> None:
    """One send at a time, and no callbacks: what Twilio took is found in its list."""
    run.fake.plan()
    run.start()
    persons = run.fake_contacts(12)
    for person in persons:
        run.traffic.say(person, "n 1")
        eventually(lambda person=person: person.got or mark.exists(), 60)  # type: ignore[misc]  # mypy has no type for a default
    run.has_crashed(mark)
    drained(run, 60)
    assert not count(run, Message.id, Message.resends > 0), "what Twilio had was sent again"


def answers_that_got_lost(run: Run, mark: Path) -> None:
    """Twilio makes messages and then stumbles: they are looked up 15 s later."""
    run.fake.plan()
    run.fake.turn(times=5, after_create="500")
    run.start()
    run.traffic.send_all(numbered(run.fake_contacts(10), 2))
    run.has_crashed(mark, 60)


def stop_and_start(run: Run, mark: Path) -> None:
    """Contacts say STOP, and then START."""
    run.start()
    persons = run.fake_contacts(6)
    for person in persons:
        run.traffic.say(person, "n 1")
        run.traffic.say(person, "STOP", excused=True)
    run.has_crashed(mark)
    eventually(lambda: all(has_opted_out(run, person) for person in persons), 60)
    for person in persons:
        run.traffic.say(person, "START", excused=True)
    eventually(lambda: not any(has_opted_out(run, person) for person in persons), 60)
    run.traffic.send_all(numbered(persons, 1, "again"))


def a_reply_that_cannot_be_recorded(run: Run, mark: Path) -> None:
    """The database refuses what the bot says, until its owner fixes that."""
    run.start()
    persons = run.fake_contacts(10)
    with refused_by_the_database(run, "refused"):
        for person in persons[:3]:
            run.traffic.say(person, "refused 1")
        run.traffic.send_all(numbered(persons[3:], 2))
        run.has_crashed(mark)


def reminders(run: Run, mark: Path) -> None:
    """Timers come due one after another."""
    run.start()
    persons = run.fake_contacts(12)
    for person in persons:
        run.traffic.say(person, "remind 1")
        time.sleep(0.3)
    run.has_crashed(mark)
    once = {person.number: 1 for person in persons}
    eventually(lambda: reminded(run) == once, 60)


def missed_messages(run: Run, mark: Path) -> None:
    """No web process takes what is written; the pull fetches it."""
    run.stack.environment["CRASH_AT"], order = "", run.stack.environment["CRASH_AT"]
    (clock,) = run.start("clock")
    call(run, "sweep.pull")  # sets the watermark that later ones begin at
    eventually(lambda: count(run, Watermark.name), 60)
    run.traffic.patience_seconds = 0.0
    persons = run.fake_contacts(10)
    run.traffic.send_all(numbered(persons, 1, "missed"))
    run.stack.environment["CRASH_AT"] = order
    clock.kill()  # the next one comes to the point
    run.start("web", "converse", "dispatch")
    call_until(run, "sweep.pull", mark.exists)
    run.has_crashed(mark)
    call_until(run, "sweep.pull", lambda: count(run, Entry.id) == len(persons))


def old_entries(run: Run, mark: Path) -> None:
    """Entries that were settled long ago go; what is needed to know a repeated webhook stays."""
    run.start()
    run.traffic.send_all(numbered(run.fake_contacts(10), 2))
    with run.stack.database.write() as connection:
        ago = run.stack.database.now(connection) - _OLD
        rows = [
            {
                **internal(EntryKind.TIMER, str(uuid.UUID(int=number)), "+14150000000", {}),
                "status": "handled",
                "is_filed": True,
                "received_at": ago,
                "handled_at": ago,
            }
            for number in range(1, 200)
        ]
        # The oldest have the lowest numbers.
        first = connection.execute(select(func.min(Entry.id))).scalar_one()
        connection.execute(
            insert(Entry), [row | {"id": first - position} for position, row in enumerate(rows, 1)]
        )
    call_until(run, "sweep.prune", mark.exists)
    run.has_crashed(mark)
    call_until(run, "sweep.prune", lambda: not count(run, Entry.id, Entry.provider == "parley"))


def counts(run: Run, mark: Path) -> None:
    """New contacts come in, whose conversations are counted."""
    run.start()
    persons = run.fake_contacts(30)
    with run.traffic.meanwhile(numbered(persons, 2), every_seconds=1.0):
        run.has_crashed(mark)
    eventually(lambda: count(run, Contact.id) == len(persons), 60)
    tallied = select(func.sum(Tally.number)).where(Tally.noun == "state")
    with run.stack.database.read() as connection:
        counted = connection.execute(tallied).scalar_one()
    assert counted == len(persons), f"{counted} conversations are counted of {len(persons)}"


def a_state_set_by_hand(run: Run, mark: Path) -> None:
    """An operator sets a state; the answer does not come, so the client asks again."""
    person = _a_talk(run)
    path = f"/conversations/{person.conversation['id']}"
    insist(run, "PATCH", path, state="counting", reason="from an operator")
    run.has_crashed(mark)
    moves = count(run, Transition.id, Transition.cause == "operator")
    assert moves == 1, f"one change by an operator left {moves} transitions"
    is_audited_once(run, "change_state")


def a_hold(run: Run, mark: Path) -> None:
    """An operator takes a conversation; the answer does not come, so the client asks again."""
    person = _a_talk(run)
    path = f"/conversations/{person.conversation['id']}"
    held = insist(run, "PATCH", path, holder="operator")
    run.has_crashed(mark)
    assert held["holder"] == "operator", held
    is_audited_once(run, "hold")
    insist(run, "PATCH", path, holder="bot")


def operator_message(run: Run, mark: Path) -> None:
    """An operator writes; the answer does not come, so the client asks again with the same key."""
    person = _a_talk(run)
    path = f"/conversations/{person.conversation['id']}/messages"
    insist(run, "POST", path, key="once", body="from an operator")
    run.has_crashed(mark)
    eventually(lambda: "from an operator" in person.got, 60)
    assert person.got.count("from an operator") == 1, person.got
    is_audited_once(run, "send_message")


def a_turn_run_again(run: Run, mark: Path) -> None:
    """An operator lets a parked turn run again; the answer does not come, so the client asks again.

    A turn is parked at its fifth attempt, which is 150 s after the first: here the lane counts
    four attempts at once.
    """
    person = _a_talk(run)
    with refused_by_the_database(run, "refused"):
        run.traffic.say(person, "refused 1", excused=True)
        eventually(lambda: tried(run, person), 60)
        eventually(lambda: count(run, Entry.id, Entry.status == "parked"), 60)
    insist(run, "POST", "/failures/turns/rerun")
    run.has_crashed(mark)
    eventually(lambda: "2: refused 1" in person.got, 60)
    is_audited_once(run, "rerun_all")


def _a_talk(run: Run) -> FakeContact:
    """Everything runs, and somebody has been answered."""
    run.start()
    (person,) = run.fake_contacts(1)
    run.traffic.say(person, "n 1")
    eventually(lambda: person.got, 60)
    return person


def reminded(run: Run) -> dict[str, int]:
    """How often each contact was reminded."""
    query = (
        select(Contact.key, func.count())
        .join_from(Message, Contact, Message.contact_id == Contact.id)
        .where(Message.body == "reminded")
        .group_by(Contact.key)
    )
    with run.stack.database.read() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def is_audited_once(run: Run, action: str) -> None:
    number = count(run, AuditEntry.id, AuditEntry.action == action)
    assert number == 1, f"{action} is {number} times in the audit log"
