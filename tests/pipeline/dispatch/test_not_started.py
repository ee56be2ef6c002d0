"""A call that Parley itself has no time to begin is no attempt: it is due again soon."""

import pytest
from sqlalchemy import update

from pipeline.records.core.messages import Message
from tests.builders import rows
from tests.pipeline.conftest import MakeStage
from tests.provider_for_tests import Post


def test_call_that_parley_did_not_begin_is_no_attempt(
    stage: MakeStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = Post()
    s = stage(None, post)
    s.hears("hi")
    s.converse()
    with monkeypatch.context() as patched:
        patched.setattr("pipeline.dispatch.send.BEGIN_WITHIN_SECONDS", -1.0)
        for _ in range(12):
            s.dispatch()
            s.clock.pass_by(1)
    (waiting,) = s.outbound()
    assert (waiting.status, waiting.attempts, waiting.error) == ("queued", 0, "")
    lane = s.lane(direction="outbound")
    assert (lane.attempts, lane.due_at <= s.clock()) == (0, True)
    s.dispatch()
    assert [outbound.attempt for outbound in post.sent] == [1]
    assert s.outbound()[0].status == "accepted"


def test_call_not_begun_again_is_no_second_sending(
    stage: MakeStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    s = stage(None, Post())
    s.hears("hi")
    s.converse()
    with s.database.write() as connection:
        connection.execute(update(Message).values(reconcile_attempts=2, attempts=1))
    monkeypatch.setattr("pipeline.dispatch.send.BEGIN_WITHIN_SECONDS", -1.0)
    s.dispatch()
    (row,) = rows(s.database, Message)[-1:]
    assert (row.status, row.attempts, row.resends) == ("queued", 1, 0)
    monkeypatch.undo()
    s.clock.pass_by(1)
    s.dispatch()
    (row,) = s.outbound()
    assert (row.attempts, row.resends) == (2, 1)
