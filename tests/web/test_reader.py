"""The reader asks the database for everybody who looks, each question once at a time."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection

from pipeline.database import Database
from pipeline.errors import DatabaseUnavailable
from web import reader
from web.reader import Reader


class Question:
    """Counts how often it was asked; the answer is that number."""

    def __init__(self) -> None:
        self.asked = 0
        self.may_answer = threading.Event()
        self.may_answer.set()

    def __call__(self, _connection: Connection, *_args: object) -> int:
        self.asked += 1
        self.may_answer.wait(5)
        return self.asked


def test_live_pages_share_an_answer(database: Database) -> None:
    site, question = Reader(database), Question()
    answers = [site.ask(question, (), is_live=True) for _ in range(10)]
    assert answers == [1] * 10


def test_who_has_just_changed_something_sees_it(database: Database) -> None:
    site, question = Reader(database), Question()
    assert site.ask(question, (), is_live=True) == 1
    assert site.ask(question, (), is_live=False) == 2
    assert site.ask(question, (), is_live=True) == 2


def test_questions_with_other_arguments_are_others(database: Database) -> None:
    site, question = Reader(database), Question()
    assert site.ask(question, ("a",), is_live=True) == 1
    assert site.ask(question, ("b",), is_live=True) == 2
    assert site.ask(question, ("a",), is_live=True) == 1


def test_many_viewers_at_once_ask_once(database: Database) -> None:
    site, question = Reader(database), Question()
    question.may_answer.clear()
    with ThreadPoolExecutor(16) as viewers:
        asking = [viewers.submit(site.ask, question, (), is_live=True) for _ in range(16)]
        question.may_answer.set()
    assert {each.result() for each in asking} == {1}


def test_slow_question_holds_up_no_other(database: Database) -> None:
    site, slow, quick = Reader(database), Question(), Question()
    slow.may_answer.clear()
    with ThreadPoolExecutor(1) as viewer:
        waiting = viewer.submit(site.ask, slow, (), is_live=True)
        assert site.ask(quick, (), is_live=True) == 1
        slow.may_answer.set()
    assert waiting.result() == 1


def test_database_that_hangs_takes_no_queue_of_threads(database: Database) -> None:
    site, question = Reader(database), Question()
    question.may_answer.clear()
    with ThreadPoolExecutor(9) as viewers:
        first = viewers.submit(site.ask, question, (), is_live=True)
        while not question.asked:
            time.sleep(0.01)
        started = time.monotonic()
        others = [viewers.submit(site.ask, question, (), is_live=True) for _ in range(8)]
        refused = [type(each.exception()) for each in others]
        waited = time.monotonic() - started
        question.may_answer.set()
    assert refused == [DatabaseUnavailable] * 8
    assert waited < 3
    assert first.result() == 1


def test_failure_is_everybodys_for_a_moment(database: Database) -> None:
    site = Reader(database)
    tries: list[int] = []

    def question(_connection: Connection) -> None:
        tries.append(1)
        raise ConnectionError

    for _ in range(5):
        with pytest.raises(ConnectionError):
            site.ask(question, (), is_live=True)
    assert len(tries) == 1


def test_failed_question_is_asked_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "FRESH_SECONDS", 0.0)
    site = Reader(database)
    tries = []

    def question(_connection: Connection) -> str:
        tries.append(1)
        if len(tries) == 1:
            raise ConnectionError
        return "well"

    try:
        site.ask(question, (), is_live=True)
    except ConnectionError:
        tries.append(0)
    assert site.ask(question, (), is_live=True) == "well"
    assert tries == [1, 0, 1]
