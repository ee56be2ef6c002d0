"""Faults in the middle of traffic, from a provider that tries again until it is answered."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from sqlalchemy import text

from parley.proving import EVERYTHING, Person, Stack, a_person, eventually, people
from parley.proving.fake_twilio import inbound_form
from pipeline.records.inbox import Entry
from tests.builders import rows
from tests.faults.effects import assert_each_once, settle

CUT = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def _insist(person: Person, texts: Sequence[str]) -> None:
    """Say each text until it is taken, before the next."""
    for words in texts:
        person.stack.deliver_until_taken(inbound_form(From=person.number, Body=words))


def _traffic(
    callers: ThreadPoolExecutor, said: Mapping[Person, Sequence[str]]
) -> list[Future[None]]:
    return [callers.submit(_insist, person, texts) for person, texts in said.items()]


def _wait_for_rows(stack: Stack, count: int) -> None:
    eventually(lambda: len(rows(stack.database, Entry)) >= count, 20)


def test_web_killed_in_traffic(stack: Stack) -> None:
    web, *_ = stack.start(*EVERYTHING)
    said = {person: ["red", "green", "blue"] for person in people(stack, 60)}
    with ThreadPoolExecutor(16) as callers:
        traffic = _traffic(callers, said)
        _wait_for_rows(stack, 30)
        web.kill()
        stack.start("web")
    assert all(call.exception() is None for call in traffic)
    settle(stack)
    assert_each_once(stack, said)


def test_every_database_link_cut_in_traffic(stack: Stack) -> None:
    stack.start(*EVERYTHING)
    said = {person: ["red", "green", "blue"] for person in people(stack, 60)}
    with ThreadPoolExecutor(16) as callers:
        traffic = _traffic(callers, said)
        for taken in range(20, 160, 20):
            _wait_for_rows(stack, taken)
            with stack.database.write() as connection:
                connection.execute(CUT)
    assert all(call.exception() is None for call in traffic)
    settle(stack)
    assert_each_once(stack, said)


def test_a_turn_beyond_the_limit_hurts_nobody_else(stack: Stack) -> None:
    stack.environment["TURN_LIMIT_SECONDS"] = "1"
    stack.start(*EVERYTHING)
    stuck, others = a_person(stack), people(stack, 10)
    stuck.says("pause 60")
    for person in others:
        person.says("hello")
    eventually(lambda: all(person.got for person in others))
    eventually(lambda: [e for e in rows(stack.database, Entry) if "TURN_LIMIT" in e.error])
    late = a_person(stack)
    late.says("hello")
    eventually(lambda: late.got)
    assert (stuck.got, late.got) == ([], ["1: hello"])
