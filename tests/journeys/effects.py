"""What must hold after every fault: each message had one effect, each reply was sent once."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import select

from pipeline.records.core.contacts import Contact
from pipeline.records.core.conversations import Conversation
from pipeline.records.core.inbox import Entry
from pipeline.records.core.lanes import Lane
from pipeline.records.core.messages import Message
from proving.faults import FakeContact, Stack, eventually
from tests.builders import rows

Said = Mapping[FakeContact, Sequence[str]]


def say_all(said: Said) -> None:
    """Everybody speaks at once, each in order and acknowledged."""
    with ThreadPoolExecutor(16) as phones:
        list(phones.map(lambda item: [item[0].says(text) for text in item[1]], said.items()))


def settle(stack: Stack, within_seconds: float = 30.0) -> None:
    """Wait until nothing waits for a turn, a send or the end of a lease."""
    eventually(lambda: not _waiting(stack), within_seconds)


def assert_each_once(stack: Stack, said: Said) -> None:
    """Every message had its effect once and in order, and every reply was sent once."""
    assert _heard(stack) == {person.number: list(texts) for person, texts in said.items()}
    for person, texts in said.items():
        assert person.got == [f"{number}: {text}" for number, text in enumerate(texts, 1)]
    assert [entry.error for entry in rows(stack.database, Entry) if entry.error] == []


def leased(stack: Stack) -> list[str]:
    """The lanes in some worker's hands."""
    return [lane.key for lane in rows(stack.database, Lane) if lane.token]


def _heard(stack: Stack) -> dict[str, list[str]]:
    query = select(Contact.phone, Conversation.data).join_from(Conversation, Contact)
    with stack.database.read() as connection:
        return {row.phone: row.data["heard"] for row in connection.execute(query)}


def _waiting(stack: Stack) -> list[str]:
    with stack.database.read() as connection:
        turns = select(Entry.id).where(Entry.status == "waiting")
        sends = select(Message.id).where(
            Message.direction == "outbound", Message.settled_at.is_(None)
        )
        waiting = [
            f"{name} {row[0]}"
            for name, query in (("turn", turns), ("send", sends))
            for row in connection.execute(query)
        ]
    return waiting + leased(stack)
