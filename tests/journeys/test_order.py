"""Many contacts at once, each in order: two converse workers and a bot that notes when it ran."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from proving.faults import EVERYTHING, FakeContact, Stack, eventually, fake_contact, fake_contacts
from proving.faults.turn_trace import read_trace
from tests.stack.fixtures import BOT, MakeStack, figure

# The promise is 0.5 s (P9) and the figure is printed; without P9 it would be 10 s.
LONGEST_DELAY_SECONDS = 2.0


@pytest.fixture(scope="module", params=["postgresql + redis", "sqlite + embedded"])
def crowd(request: pytest.FixtureRequest, make_stack: MakeStack) -> Iterator[Stack]:
    """A running stack with two converse workers."""
    with make_stack(request.param, BOT=BOT) as running:
        running.start(*EVERYTHING, "converse")
        yield running


def test_quick_messages_are_taken_one_after_another(crowd: Stack) -> None:
    person = fake_contact(crowd)
    said = [f"pause 0.05 {number}" for number in range(8)]
    for text in said:
        person.says(text)
    eventually(lambda: len(person.got) == len(said))
    assert person.got == [f"{number}: {text}" for number, text in enumerate(said, 1)]
    trace = [event for event in read_trace(crowd.bot_log) if event.phone == person.number]
    assert [event.what for event in trace] == ["begin", "end"] * len(said)
    assert [event.text for event in trace if event.what == "begin"] == said


def test_replies_of_one_turn_keep_their_order(crowd: Stack) -> None:
    person = fake_contact(crowd)
    person.says("three")
    person.says("three")
    eventually(lambda: len(person.got) == 6)
    assert [text.partition(":")[0] for text in person.got] == ["1a", "1b", "1c", "2a", "2b", "2c"]


def test_two_hundred_contacts_get_their_answers(crowd: Stack) -> None:
    everybody = fake_contacts(crowd, 200)
    with ThreadPoolExecutor(16) as phones:
        list(phones.map(lambda person: (person.says("one"), person.says("two")), everybody))
    eventually(lambda: all(len(person.got) == 2 for person in everybody), 30)
    assert all(person.got == ["1: one", "2: two"] for person in everybody)


@pytest.mark.alone
def test_a_slow_turn_delays_nobody_else(crowd: Stack) -> None:
    slow, together, later = fake_contact(crowd), fake_contacts(crowd, 20), fake_contacts(crowd, 40)
    with ThreadPoolExecutor(21) as phones:
        phones.submit(slow.says, "pause 10")
        said_at = dict(phones.map(_say_hello, together))
    for person in later:
        time.sleep(0.1)
        said_at |= [_say_hello(person)]
    eventually(lambda: all(person.got for person in [*together, *later]))
    assert slow.got == []
    begun_at = _begun_at(crowd)
    delays = sorted(begun_at[number] - at for number, at in said_at.items())
    figure(f"beside a slow turn: median delay {delays[30]:.3f} s, longest {delays[-1]:.3f} s")
    assert delays[-1] < LONGEST_DELAY_SECONDS
    eventually(lambda: slow.got == ["1: pause 10"], 15)


def _say_hello(person: FakeContact) -> tuple[str, float]:
    """Who said hello, and when that was acknowledged."""
    person.says("hello")
    return person.number, time.monotonic()


def _begun_at(stack: Stack) -> dict[str, float]:
    trace = read_trace(stack.bot_log)
    return {event.phone: event.at for event in trace if event.what == "begin"}
