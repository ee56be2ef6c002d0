"""Persons with several addresses: one contact each, whatever is killed meanwhile (P1, P11)."""

import itertools
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from pipeline.records.core.contacts import Contact
from pipeline.records.core.conversations import Conversation
from pipeline.records.core.messages import Message
from proving.faults.contacts import FakeContact, fake_contact
from proving.faults.processes import Process, eventually
from proving.faults.run import Run
from proving.faults.scenario import Group
from proving.faults.stack import EVERYTHING, Stack
from proving.faults.steps import has_opted_out

scenario = Group("worker", [])
_numbers = itertools.count(1_000)
_SENDERS = (
    *("+24273", "+999", "+861064812345678", "whatsapp:+22961234567", "VERIFY!", "Müller"),
    *("Info:Bank", "a@b.co", "TWELVELETTER", "messenger:1234567890", "telegram:ada", "🍕 Pizza"),
    *("rcs:+14155550209", "\u202a+14155550208\u202c", "x" * 3000),
)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on WhatsApp with two addresses, which one form may name together."""

    phone: FakeContact
    other: str
    is_named: bool

    def says(
        self,
        run: Run,
        text: str,
        *,
        from_other: bool = False,
        both: bool = False,
        is_strange: bool = False,
    ) -> None:
        """Write from one of the addresses; with `both` the form names the other one, too.

        While the addresses are strange to each other, nothing keeps their messages in order.
        """
        fields = {"From": self.other} if from_other else {}
        if both and self.is_named:
            fields["ExternalUserId"] = self.other
        said = run.traffic.say(self.phone, text, fields=fields, excused=is_strange)
        assert said.acked_at, f"{fields or self.phone.address} was not taken: {said.answers}"


def with_user_id(stack: Stack) -> Person:
    """A person who has a number and a user id of WhatsApp's."""
    return Person(
        fake_contact(stack, "whatsapp"), f"whatsapp:US.{secrets.randbelow(10**12)}", is_named=True
    )


def with_two_forms(stack: Stack) -> Person:
    """A person in Brazil, whose number has a ninth digit or not."""
    number = next(_numbers)
    phone = FakeContact(stack, f"+553198888{number}", "whatsapp")
    return Person(phone, f"whatsapp:+55318888{number}", is_named=False)


@scenario("P1 senders of every kind", is_quick=True)
def senders(run: Run) -> None:
    """Numbers that no plan has, names of senders, other channels: all are accepted and handled."""
    run.start(*EVERYTHING)
    for sender in _SENDERS:
        (person,) = run.fake_contacts(1)
        said = run.traffic.say(person, "quince", fields={"From": sender})
        assert said.acked_at, f"{sender[:40]} was not taken: {said.answers}"


@scenario("P11 one person, two addresses", is_quick=True, is_core=True)
def two_addresses(run: Run) -> None:
    """Contacts write from two addresses in turn; workers are killed meanwhile.

    Each is one contact with one conversation, and is answered at the address that wrote.
    """
    run.start(*EVERYTHING)
    persons = [with_user_id(run.stack) for _ in range(4)]
    persons += [with_two_forms(run.stack) for _ in range(4)]
    sent_from: dict[str, str] = {}
    with run.supervised():
        for turn in range(6):
            for person in persons:
                is_other = turn % 2 == 1
                text = f"{person.phone.number} {turn}"
                person.says(run, text, from_other=is_other, both=not is_other)
                sent_from[text] = person.other if is_other else person.phone.address
            if turn in {1, 3}:
                _kill(run, "converse")
            if turn == 2:
                _kill(run, "dispatch")
    eventually(lambda: not run.waiting(), 60)
    _are_one_each(run, len(persons))
    for create in [one for one in run.fake.creates if one.sid]:
        text = create.body.partition(": ")[2]
        assert create.to == sent_from[text], f"{text!r} was answered at {create.to}"
    _opts_out_once(run, persons)


@scenario("P11 two contacts are joined", needs_counting_bot=True, is_core=True)
def joined(run: Run) -> None:
    """Two contacts turn out to be one person while their turns run; workers are killed meanwhile.

    Nothing is lost or doubled, and later messages continue one conversation.
    """
    run.start(*EVERYTHING)
    persons = meet(run)
    with run.supervised():
        for number, person in enumerate(persons):
            person.says(run, "pause 0.3", from_other=True, is_strange=True)
            person.says(run, "quince 3", is_strange=True)
            person.says(run, "quince 4", both=True)
            person.says(run, "quince 5", from_other=True)
            if number % 2:
                _kill(run, "converse")
                time.sleep(0.2)
    eventually(lambda: not run.waiting(), 60)
    _are_one_each(run, len(persons))
    for person in persons:
        person.says(run, "quince 6", from_other=True)
    eventually(lambda: not run.waiting(), 30)
    _are_one_each(run, len(persons))


def _kill(run: Run, line: str) -> None:
    found: list[Process] = [one for one, name in run.stack.running().items() if name == line]
    if found:
        run.kill(found[0])


def _are_one_each(run: Run, persons: int) -> None:
    """There are so many contacts, each with one open conversation."""
    with run.stack.database.read() as connection:
        contacts = connection.execute(select(func.count(Contact.id))).scalar_one()
        is_open = Conversation.closed_at.is_(None)
        going_on = connection.execute(select(func.count(Conversation.id)).where(is_open))
        conversations = going_on.scalar_one()
        strangers = select(func.count(Message.id)).where(
            Message.conversation_id == Conversation.id,
            Message.contact_id != Conversation.contact_id,
        )
        mixed = connection.execute(strangers).scalar_one()
    assert contacts == persons, f"{persons} persons are {contacts} contacts"
    assert conversations == persons, f"{persons} persons have {conversations} open conversations"
    assert not mixed, f"{mixed} messages are not with the contact of their conversation"


def _opts_out_once(run: Run, persons: Sequence[Person]) -> None:
    """A STOP from one address is one from both."""
    for person in persons:
        fields = {"From": person.other}
        run.traffic.say(person.phone, "STOP", excused=True, fields=fields)
    eventually(lambda: all(has_opted_out(run, one.phone) for one in persons), 30)


def meet(run: Run) -> list[Person]:
    """Pairs of contacts that are one person each, which no form has said yet."""
    persons = [with_user_id(run.stack) for _ in range(6)]
    for text, from_other in (("quince 1", True), ("quince 2", False)):
        for person in persons:
            person.says(run, text, from_other=from_other, is_strange=True)
        eventually(lambda: not run.waiting(), 30)
    return persons


def both_named(run: Run, persons: Sequence[Person]) -> None:
    """Each writes once more, and the form names both addresses."""
    for person in persons:
        person.says(run, "quince 3", both=True)
