"""`parley up`: everything in one process on SQLite and the embedded broker."""

import statistics
import time
from collections.abc import Iterator
from signal import SIGINT

import pytest

from proving.faults import FakeContact, Process, Stack, eventually, fake_contact, fake_contacts
from tests.journeys.effects import assert_each_once, say_all, settle
from tests.stack.fixtures import BOT, MakeStack, figure

# Wide bounds, for machines that do other things as well; the figures are shown.
MEDIAN_SECONDS = 1.0
STOPPED_WITHIN_SECONDS = 5.0


@pytest.fixture
def embedded(make_stack: MakeStack) -> Iterator[Stack]:
    """A stack for `parley up`."""
    with make_stack("sqlite + embedded", BOT=BOT) as made:
        yield made


def up(stack: Stack) -> Process:
    """Run `parley up` until it answers."""
    process = stack.run("up", "parley", "up")
    stack.wait_until_ready("web", process)
    return process


def _seconds_to_reply(person: FakeContact) -> float:
    started = time.monotonic()
    person.says("hello")
    created = eventually(lambda: [c for c in person.stack.fake.creates if c.to == person.number])
    return created[0].at - started


@pytest.mark.alone
def test_replies_are_quick_and_ctrl_c_too(embedded: Stack) -> None:
    process = up(embedded)
    seconds = [_seconds_to_reply(person) for person in fake_contacts(embedded, 20)]
    median = statistics.median(seconds)
    figure(f"embedded: webhook to send, median {median:.3f} s, longest {max(seconds):.3f} s")
    assert median < MEDIAN_SECONDS
    stopped = process.stop(SIGINT, within_seconds=10)
    figure(f"embedded: Ctrl-C took {stopped:.2f} s")
    assert stopped < STOPPED_WITHIN_SECONDS


def test_kill_9_in_traffic_and_restart_lose_nothing(embedded: Stack) -> None:
    process = up(embedded)
    said = {person: ["before", "pause 0.3", "after"] for person in fake_contacts(embedded, 12)}
    say_all(said)
    eventually(lambda: embedded.fake.creates)
    process.kill()
    up(embedded)
    later = {fake_contact(embedded): ["and now"]}
    say_all(later)
    settle(embedded, 90)
    assert_each_once(embedded, {**said, **later})
