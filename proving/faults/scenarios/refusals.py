"""What must not be sent, and why: Twilio's error codes, STOP, closed windows, holds, operators."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from sqlalchemy import update

from pipeline.records.accounts.audit import AuditEntry
from pipeline.records.core.conversations import Conversation
from pipeline.records.core.lanes import Lane
from pipeline.records.core.messages import Message
from pipeline.records.core.senders import Sender
from proving.faults.contacts import FakeContact, fake_contact
from proving.faults.history import Reply
from proving.faults.processes import eventually
from proving.faults.run import Run
from proving.faults.scenario import Group
from proving.faults.steps import count, drained, has_opted_out, insist, replies_to
from proving.faults.traffic import numbered

scenario = Group("sender", [])

# By https://www.twilio.com/docs/api/errors: code and HTTP status of the answer to a create call.
_NUMBER = (21211, 21604, 21614, 21612, 21635, 30005, 30006, 63003, 63024)
_CONTENT = (21602, 21617, 21619, 21620, 21623, 30019, 63021, 63013, 30007, 30004, 30010)
_WINDOW = (63016, 63049, 63015)
_UNHEARD_OF = (29999,)
_CONSENT = (21610, 63032, 63033)
_ACCOUNT = (
    *((20003, 401), (20404, 404), (0, 403), (21606, 400), (21212, 400), (21703, 400)),
    *((21705, 400), (63007, 400), (63001, 400), (30002, 400), (21408, 400), (30034, 400)),
    (63020, 400),
)
_LATER = ((20429, 429), (21611, 400), (14107, 400), (63018, 400), (0, 429))


@scenario("F34 a message is refused", needs_counting_bot=True)
def a_message_is_refused(run: Run) -> None:
    """Each code that says no for good ends its message alone, with a reason to read."""
    codes = (*_NUMBER, *_CONTENT, *_WINDOW, *_UNHEARD_OF, *_CONSENT)
    persons = dict(zip(codes, run.fake_contacts(len(codes)), strict=True))
    for code, person in persons.items():
        run.fake.turn(to=person.number, times=1, status=400, code=code)
    run.start()
    run.traffic.send_all(numbered(list(persons.values()), 2))
    run.record(f"{len(codes)} codes")
    drained(run, 30)
    for code, person in persons.items():
        first, second = replies_to(run, person)
        is_opt_out = code in _CONSENT
        assert first.status == ("suppressed" if is_opt_out else "failed"), (code, first)
        assert _is_readable(first.error), (code, first.error)
        assert has_opted_out(run, person) == is_opt_out, code
        assert (second.body in person.got) != is_opt_out, (code, second)


@scenario("F34 the account is refused", needs_counting_bot=True)
def the_account_is_refused(run: Run) -> None:
    """Each code that blames us stops our number, and no other, until the cause is fixed.

    The probe that finds it fixed comes 60 s after the refusal: here it is due immediately.
    """
    persons = dict(zip(_ACCOUNT, run.fake_contacts(len(_ACCOUNT)), strict=True))
    senders = {case: f"+1555020{number:02}" for number, case in enumerate(_ACCOUNT)}
    for case, person in persons.items():
        run.fake.turn(to=person.number, status=case[1], code=case[0])
    run.start()
    for case, person in persons.items():
        for number in (1, 2):
            run.traffic.say(person, f"quince {number}", fields={"To": senders[case]})
    (free,) = run.fake_contacts(1)
    run.traffic.say(free, "n 1")
    eventually(lambda: free.got and _open_circuits(run) == len(_ACCOUNT), 60)
    run.record(f"{len(_ACCOUNT)} codes")
    for case, person in persons.items():
        replies = replies_to(run, person)
        assert [reply.status for reply in replies] == ["queued", "queued"], (case, replies)
        assert _is_readable(replies[0].error), (case, replies[0].error)
    run.fake.knobs.ordered.clear()
    with run.stack.database.write() as connection:
        now = run.stack.database.now(connection)
        connection.execute(update(Sender).values(open_until=now))
        waits = Lane.blocked_by.is_not(None)
        connection.execute(update(Lane).where(waits).values(due_at=now))


def _open_circuits(run: Run) -> int:
    return count(run, Sender.address, Sender.circuit == "open")


@scenario("F34 the message is to come later", needs_counting_bot=True, drained_within_seconds=75.0)
def to_come_later(run: Run) -> None:
    """Each code that says "not now" keeps its message queued, and it goes out, once.

    Those that speak of a full queue or of a loop stand for 30 s, and a back-off may add to that.
    """
    persons = dict(zip(_LATER, run.fake_contacts(len(_LATER)), strict=True))
    for case, person in persons.items():
        run.fake.turn(to=person.number, times=1, status=case[1], code=case[0])
    run.start()
    for number, person in enumerate(persons.values()):
        run.traffic.say(person, "quince 1", fields={"To": f"+1555030{number:02}"})
    eventually(lambda: len(run.fake.creates) >= len(_LATER), 60)
    run.record(f"{len(_LATER)} codes")

    def errors() -> list[str]:
        return [reply.error for person in persons.values() for reply in replies_to(run, person)]

    drained(run, 75)
    assert not any(errors()), errors()
    for case, person in persons.items():
        tried = [create.at for create in run.fake.creates if create.to == person.number]
        least = 28 if case[0] in {21611, 14107} else 1
        assert tried[1] - tried[0] >= least, (case, tried)


@scenario("F35 opted out in mid-talk", needs_counting_bot=True, is_quick=True)
def opted_out(run: Run) -> None:
    """Twilio says 21610 in the middle of a conversation: nothing more goes out until START."""
    run.start()
    persons = run.fake_contacts(5)
    for person in persons:
        run.traffic.say(person, "n 1")
    eventually(lambda: all(person.got for person in persons), 60)
    for person in persons:
        run.fake.turn(to=person.number, times=1, status=400, code=21610)
        run.traffic.say(person, "n 2")
    run.record("21610")
    eventually(lambda: all(has_opted_out(run, person) for person in persons), 60)
    tries = len(run.fake.creates)
    run.traffic.send_all(numbered(persons, 1, "unanswered"))
    _all_end(run, persons, "suppressed", 2)
    assert len(run.fake.creates) == tries, "sent to somebody who had opted out"
    for person in persons:
        run.traffic.say(person, "START", excused=True)
    eventually(lambda: not any(has_opted_out(run, person) for person in persons), 60)
    run.traffic.send_all(numbered(persons, 1, "answered"))
    eventually(lambda: all("4: answered 1" in person.got for person in persons), 60)


@scenario("F35 STOP while replies are queued", needs_counting_bot=True)
def stop_while_queued(run: Run) -> None:
    """STOP comes while the first of three replies is under way: the other two stay here."""
    run.start()
    persons = run.fake_contacts(5)
    for person in persons:
        run.fake.turn(to=person.number, times=1, latency_seconds=3)
    for person in persons:
        run.traffic.say(person, "three 1")
    eventually(lambda: all(person.got for person in persons), 60)
    for person in persons:
        run.traffic.say(person, "STOP", excused=True)
    run.record("STOP")
    _all_end(run, persons, "suppressed", 2)
    assert all(len(person.got) == 1 for person in persons), [person.got for person in persons]
    for person in persons:
        run.traffic.say(person, "START", excused=True)
    eventually(lambda: not any(has_opted_out(run, person) for person in persons), 60)
    run.traffic.send_all(numbered(persons, 1))
    eventually(lambda: all(len(person.got) == 2 for person in persons), 60)


@scenario("F36 the window closes while it waits", needs_counting_bot=True)
def window_closes(run: Run) -> None:
    """WhatsApp's 24 hours pass while replies are queued: they expire, and say why.

    The contact's last message is made 25 hours old.
    """
    run.start("web", "converse", "clock")
    persons = [fake_contact(run.stack, "whatsapp") for _ in range(5)]
    run.traffic.send_all(numbered(persons, 1))
    eventually(lambda: all(replies_to(run, person) for person in persons), 60)
    with run.stack.database.write() as connection:
        ago = run.stack.database.now(connection) - timedelta(hours=25)
        connection.execute(update(Conversation).values(last_inbound_at=ago))
    run.record("25 hours passed")
    run.start("dispatch")
    _all_end(run, persons, "expired", 1)
    assert not run.fake.creates, "sent outside the window"
    run.traffic.send_all(numbered(persons, 1, "back"))
    eventually(lambda: all("2: back 1" in person.got for person in persons), 60)


@scenario("F37 an operator sends it twice", needs_counting_bot=True, is_core=True)
def sent_twice_by_hand(run: Run) -> None:
    """20 requests at once with one Idempotency-Key are one message, while the bot speaks too."""
    run.start()
    persons = run.fake_contacts(6)
    run.traffic.send_all(numbered(persons, 1))
    eventually(lambda: all(person.got for person in persons), 60)
    path = f"/conversations/{persons[0].conversation['id']}/messages"

    def ask(key: str) -> Any:
        return insist(run, "POST", path, key=key, body=f"from an operator {key}")

    with (
        run.traffic.meanwhile(numbered(persons, 8, "more"), every_seconds=0.1),
        ThreadPoolExecutor(20) as clients,
    ):
        answers = list(clients.map(ask, ["same"] * 20))
        run.record("one message twenty times")
        list(clients.map(ask, [str(number) for number in range(10)]))
    assert len({answer["id"] for answer in answers}) == 1, answers
    assert count(run, Message.id, Message.body == "from an operator same") == 1
    assert count(run, AuditEntry.id, AuditEntry.action == "send_message") == 11


@scenario("F37 a hold while replies are queued", needs_counting_bot=True)
def hold_while_queued(run: Run) -> None:
    """An operator takes talks whose replies are queued: they are cancelled, the operator's go."""
    run.start("web", "converse", "clock")
    persons = run.fake_contacts(4)
    for person in persons:
        run.traffic.say(person, "three 1")
    eventually(lambda: all(replies_to(run, person) for person in persons), 60)
    for person in persons:
        path = f"/conversations/{person.conversation['id']}"
        insist(run, "PATCH", path, holder="operator")
        insist(run, "POST", f"{path}/messages", key="hello", body="A person here.")
    run.record("held")
    run.start("dispatch")
    _all_end(run, persons, "canceled", 3)
    eventually(lambda: all(person.got == ["A person here."] for person in persons), 60)


def _all_end(run: Run, persons: list[FakeContact], status: str, number: int) -> None:
    """Wait until so many replies to each have ended so, each with a reason."""

    def ended(person: FakeContact) -> list[Reply]:
        return [reply for reply in replies_to(run, person) if reply.status == status]

    eventually(lambda: all(len(ended(person)) == number for person in persons), 60)
    assert all(_is_readable(reply.error) for person in persons for reply in ended(person))


def _is_readable(reason: str) -> bool:
    return " " in reason and "Error(" not in reason
