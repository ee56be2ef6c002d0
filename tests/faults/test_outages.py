"""The broker or the database is away, silent, or has forgotten everything; then it comes back."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from redis import Redis

from parley.proving import EVERYTHING, Person, Stack, eventually, people
from parley.proving.fake_twilio import inbound_form
from parley.proving.notes import read_notes
from parley.proving.proxy import Proxy
from tests.faults.effects import assert_each_once, leased, say_all, settle
from tests.stack.fixtures import figure

ANSWERED_WITHIN_SECONDS = 2.0
# How long a request itself may take on a busy machine.
MARGIN_SECONDS = 1.0

FAULTS = (Proxy.refuse, Proxy.fall_silent)


def _deliver(stack: Stack, form: dict[str, str]) -> tuple[int, float]:
    """The status of the answer and the seconds it took."""
    started = time.monotonic()
    status, _ = stack.deliver(form)
    return status, time.monotonic() - started


def _deliver_at_once(stack: Stack, forms: list[dict[str, str]]) -> tuple[set[int], float]:
    """The statuses of the answers and the longest time one took."""
    with ThreadPoolExecutor(len(forms)) as callers:
        answers = list(callers.map(lambda form: _deliver(stack, form), forms))
    return {status for status, _ in answers}, max(seconds for _, seconds in answers)


def test_redis_forgets_everything(stack: Stack) -> None:
    stack.start(*EVERYTHING)
    said = {person: ["red", "green", "blue"] for person in people(stack, 60)}
    client = Redis.from_url(stack.environment["BROKER_URL"])
    with client, ThreadPoolExecutor(1) as crowd:
        speaking = crowd.submit(say_all, said)
        while not speaking.done():
            client.flushdb()
    settle(stack)
    assert_each_once(stack, said)


@pytest.mark.parametrize("stack", ["postgresql + redis", "postgresql + rabbitmq"], indirect=True)
def test_broker_away_and_back(stack: Stack) -> None:
    with Proxy.before(stack, "BROKER_URL") as broker:
        stack.start(*EVERYTHING)
        said: dict[Person, list[str]] = {}
        for fault in FAULTS:
            at_work, meanwhile = _everybody_at_work(stack), people(stack, 10)
            fault(broker)
            statuses, longest = _deliver_at_once(stack, _forms(meanwhile))
            figure(f"broker {fault.__name__}: webhooks took at most {longest:.2f} s")
            assert statuses == {200}
            assert longest < ANSWERED_WITHIN_SECONDS
            # What was in hand ends while there is nobody to tell.
            eventually(lambda: not leased(stack))
            broker.heal()
            settle(stack, 30)
            said |= at_work | {person: ["meanwhile"] for person in meanwhile}
        assert_each_once(stack, said)


def _everybody_at_work(stack: Stack) -> dict[Person, list[str]]:
    """Converse is in a turn and dispatch is in a call, each with a ring in hand."""
    slow, late = people(stack, 2)
    stack.fake.turn(to=late.number, times=1, latency_seconds=1.5)
    said = {late: ["hello"], slow: ["pause 1"]}
    late.says("hello")
    eventually(lambda: late.got)
    slow.says("pause 1")
    eventually(lambda: slow.number in [note.phone for note in read_notes(stack.bot_log)])
    return said


def test_database_away_and_back(stack: Stack) -> None:
    with Proxy.before(stack, "DATABASE_URL") as database:
        stack.start(*EVERYTHING)
        said: dict[Person, list[str]] = {}
        for fault in FAULTS:
            at_work, meanwhile = people(stack, 10), people(stack, 10)
            said |= {person: ["before", "pause 0.2", "more"] for person in at_work}
            say_all({person: said[person] for person in at_work})
            fault(database)
            forms = _forms(meanwhile)
            statuses, longest = _deliver_at_once(stack, forms)
            figure(f"database {fault.__name__}: webhooks took at most {longest:.2f} s")
            assert statuses == {503}
            assert longest < ANSWERED_WITHIN_SECONDS + MARGIN_SECONDS
            database.heal()
            for form in forms:
                stack.deliver_until_taken(form)
            settle(stack, 30)
            said |= {person: ["meanwhile"] for person in meanwhile}
        assert_each_once(stack, said)


def _forms(persons: list[Person]) -> list[dict[str, str]]:
    return [inbound_form(From=person.number, Body="meanwhile") for person in persons]
