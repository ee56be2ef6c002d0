"""A database that goes away while calls are under way: their answers are recorded all the same."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from pipeline.database import Database
from pipeline.dispatch.drain import Dispatch
from pipeline.messages import Accepted, Outbound
from pipeline.runtime import Runtime
from tests.pipeline.conftest import MakeStage
from tests.provider_for_tests import Post


class Shaky(Database):
    """Refuses the next questions, so many as `refusals` says."""

    refusals = 0

    @contextmanager
    def write(self) -> Iterator[Connection]:
        if self.refusals:
            self.refusals -= 1
            raise OperationalError("BEGIN", {}, Exception("away"))
        with super().write() as connection:
            yield connection


@pytest.mark.parametrize("refusals", [1, 3])
def test_answer_outlives_an_outage(stage: MakeStage, database_url: str, refusals: int) -> None:
    s = stage()
    s.hears("hi")
    s.converse()
    shaky = Shaky(database_url, clock=s.clock)

    def go_away(_: Outbound) -> None:
        shaky.refusals = refusals

    post = Post(Accepted("SM-kept"))
    post.on_send = go_away
    runtime = Runtime(s.runtime.settings, shaky, post, s.runtime.bot)
    sending = Dispatch(runtime, s.wakeups.append, is_stopping=lambda: False)
    try:
        sending.drain()
    except OperationalError:
        assert sending._in_flight == 0
    sending.close()
    shaky.close()
    assert [(row.status, row.provider_id) for row in s.outbound()] == [("accepted", "SM-kept")]


def test_claim_that_fails_does_not_lose_an_answer(stage: MakeStage, database_url: str) -> None:
    s = stage()
    s.hears("hi")
    s.converse()
    shaky = Shaky(database_url, clock=s.clock)
    post = Post(Accepted("SM-kept"))
    runtime = Runtime(s.runtime.settings, shaky, post, s.runtime.bot)
    sending = Dispatch(runtime, s.wakeups.append, is_stopping=lambda: False)
    assert sending._claim(also_expired=True) == 1
    shaky.refusals = 1
    with pytest.raises(OperationalError):
        sending.drain()
    sending.close()
    shaky.close()
    assert [(row.status, row.provider_id) for row in s.outbound()] == [("accepted", "SM-kept")]
