"""The broker or the database is away, silent, or has forgotten everything; then it comes back."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from redis import Redis

from tests.fake_twilio import inbound_form
from tests.faults.effects import assert_each_once, say_all, settle
from tests.faults.proxy import Proxy
from tests.stack import EVERYTHING, Stack, a_person, eventually, people
from tests.stack.fixtures import figure

ANSWERED_WITHIN_SECONDS = 2.0
# How long a request itself may take on a busy machine.
MARGIN_SECONDS = 0.3

faults = pytest.mark.parametrize(
    "break_it", [Proxy.refuse, Proxy.fall_silent], ids=["refused", "silent"]
)


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


def _deliver_until_taken(stack: Stack, form: dict[str, str]) -> None:
    """As the provider does, again and again."""
    eventually(lambda: _deliver(stack, form)[0] == 200)


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


@faults
def test_broker_away(stack: Stack, break_it: Callable[[Proxy], None]) -> None:
    with Proxy(stack, "BROKER_URL") as broker:
        stack.start(*EVERYTHING)
        said = {a_person(stack): ["before"]}
        say_all(said)
        settle(stack)
        break_it(broker)
        meanwhile = people(stack, 10)
        forms = [inbound_form(From=person.number, Body="meanwhile") for person in meanwhile]
        statuses, longest = _deliver_at_once(stack, forms)
        figure(f"broker {break_it.__name__}: webhooks took at most {longest:.2f} s")
        assert (statuses, longest < ANSWERED_WITHIN_SECONDS) == ({200}, True)
        broker.heal()
        settle(stack, 30)
        assert_each_once(stack, {**said, **{person: ["meanwhile"] for person in meanwhile}})


@faults
def test_database_away(stack: Stack, break_it: Callable[[Proxy], None]) -> None:
    with Proxy(stack, "DATABASE_URL") as database:
        stack.start(*EVERYTHING)
        said = {person: ["before", "pause 0.2", "more"] for person in people(stack, 10)}
        say_all(said)
        break_it(database)
        meanwhile = people(stack, 10)
        forms = [inbound_form(From=person.number, Body="meanwhile") for person in meanwhile]
        statuses, longest = _deliver_at_once(stack, forms)
        figure(f"database {break_it.__name__}: webhooks took at most {longest:.2f} s")
        assert statuses == {503}
        assert longest < ANSWERED_WITHIN_SECONDS + MARGIN_SECONDS
        database.heal()
        for form in forms:
            _deliver_until_taken(stack, form)
        settle(stack, 30)
        assert_each_once(stack, {**said, **{person: ["meanwhile"] for person in meanwhile}})
