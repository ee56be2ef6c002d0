"""SENDER_RATE: a bucket in the database, so that any number of dispatchers keeps it together."""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.database import Database
from pipeline.dispatch.claim import claim
from pipeline.dispatch.drain import Dispatch
from pipeline.records.core import senders
from pipeline.records.core.lanes import Lane
from pipeline.records.core.senders import Sender
from pipeline.runtime import Runtime
from pipeline.settings import Settings
from tests.builders import rows
from tests.pipeline.conftest import MakeStage
from tests.provider_for_tests import LIMITS, Post
from tests.stage import Stage, echo, one_state


def test_two_dispatchers_share_one_bucket(stage: MakeStage) -> None:
    s = stage()
    for number in range(30):
        s.hears("hi", f"+141555508{number:02}")
    s.converse()
    # A quarter of a second's worth may burst: 2 of 8.
    taken = [len(claim(s.database, 16, 8.0, LIMITS).to_send) for _ in range(3)]
    assert taken == [2, 0, 0]
    for _ in range(4):
        s.clock.pass_by(0.25)
        assert sum(len(claim(s.database, 16, 8.0, LIMITS).to_send) for _ in range(2)) == 2


def test_senders_have_buckets_of_their_own(stage: MakeStage) -> None:
    s = stage()
    for number in range(6):
        ours = ("+15550100", "+15550199")[number % 2]
        s.hears("hi", f"+141555508{number:02}", recipient=ours)
    s.converse()
    assert len(claim(s.database, 16, 4.0, LIMITS).to_send) == 2


def test_rate_of_zero_leaves_no_bucket(stage: MakeStage) -> None:
    s = stage()
    for number in range(6):
        s.hears("hi", f"+141555508{number:02}")
    s.plays()
    assert rows(s.database, Sender) == []


def test_slow_start_is_lowered_to_the_setting(stage: MakeStage) -> None:
    s = stage(None, Post(), sender_rate=50.0)
    s.hears("hi")
    s.plays()
    s.runtime = Runtime(
        Settings.model_construct(sender_rate=5.0),
        s.database,
        s.runtime.provider,
        s.runtime.bot,
    )
    s.hears("hi")
    s.clock.pass_by(1)
    s.plays()
    assert rows(s.database, Sender)[0].rate == 5.0


def _learn(s: Stage, outcome: senders.Outcomes, times: int) -> float:
    """What rate a sender without a setting has after so many batches of answers like this."""
    for _ in range(times):
        with s.database.write() as connection:
            now = s.database.now(connection)
            senders.note_outcomes(connection, {"sms +15550100": outcome}, 0.0, now)
    return float(rows(s.database, Sender)[0].rate)


def test_a_sender_that_was_slowed_for_long_is_soon_well_again(stage: MakeStage) -> None:
    s = stage()
    assert _learn(s, senders.Outcomes(slowed_down=1), 12) == 0.5
    # In 9 seconds: 2 to the first of them, then ever less.
    assert _learn(s, senders.Outcomes(succeeded=1), 15) == 8.0


def test_nobody_waits_out_a_rate_that_may_have_risen_by_then(stage: MakeStage) -> None:
    s = stage()
    for number in range(60):
        s.hears("hi", f"+141555508{number:02}")
    s.converse()
    _learn(s, senders.Outcomes(slowed_down=1), 12)
    assert len(claim(s.database, 64, 0.0, LIMITS).to_send) == 1
    assert _longest_wait(s) == 12  # of 118


def test_who_waits_for_a_slow_but_well_sender_is_left_in_peace(stage: MakeStage) -> None:
    s = stage()
    for number in range(60):
        s.hears("hi", f"+141555508{number:02}")
    s.converse()
    assert len(claim(s.database, 64, 0.5, LIMITS).to_send) == 1
    assert _longest_wait(s) == 118


def _longest_wait(s: Stage) -> int:
    waiting = [lane for lane in rows(s.database, Lane) if lane.due_at and not lane.token]
    latest = max(lane.due_at for lane in waiting if lane.due_at)
    return int((latest - s.clock.now).total_seconds())


@pytest.mark.alone
def test_paced_messages_leave_at_the_rate(stage: MakeStage, database: Database) -> None:
    s = stage()
    s.clock.now = datetime.now(UTC) - timedelta(seconds=1)
    for number in range(12):
        s.hears("hi", f"+141555508{number:02}")
    s.converse()
    post = Post()
    times: list[float] = []
    post.on_send = lambda _: times.append(time.monotonic())
    settings = Settings.model_construct(sender_rate=20.0)
    runtime = Runtime(settings, database, post, one_state(echo))
    drains = [Dispatch(runtime, lambda _: None, is_stopping=lambda: False) for _ in range(2)]
    threads = [threading.Thread(target=drain.drain) for drain in drains]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for drain in drains:
        drain.close()
    # 5 at once, then one each 0.05 s, without another wake-up.
    assert len(times) == 12
    assert 0.25 < max(times) - min(times) < 1.5
