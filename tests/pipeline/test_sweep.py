"""Sweeping: wake-ups for what waits, due timers, pruning, the pull of missed messages."""

import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import pytest

from pipeline import sweep
from pipeline.errors import NotSent
from pipeline.messages import Inbound
from pipeline.records.core import inbox
from pipeline.records.core.inbox import Entry
from pipeline.records.core.messages import Message
from pipeline.records.core.status_callbacks import StoredCallback
from pipeline.records.stats.workers import Worker
from tests.builders import a_lane, a_worker, an_entry, an_inbound, rows
from tests.pipeline.conftest import MakeStage
from tests.provider_for_tests import Post
from tests.stage import Stage

KEEP = timedelta(days=30)


def notified(s: Stage) -> list[str]:
    s.wakeups.clear()
    sweep.wake_for_waiting_work(s.database, s.wakeups.append)
    return list(s.wakeups)


def test_nothing_to_do_is_no_ring(stage: MakeStage) -> None:
    s = stage()
    assert notified(s) == []
    s.hears("hi")
    s.plays()
    assert notified(s) == []


def test_each_kind_of_work_is_rung_for(stage: MakeStage) -> None:
    s = stage()
    s.hears("hi")
    assert notified(s) == ["converse"]
    s.converse()
    assert notified(s) == ["dispatch"]
    s.dispatch()
    s.gets("SM1", "sent")
    assert notified(s) == ["dispatch"]
    s.dispatch()
    s.hears("STOP", consent="stop")
    assert notified(s) == ["converse"]


@pytest.mark.parametrize("direction", ["inbound", "outbound"])
def test_lane_is_rung_for_when_it_is_due(stage: MakeStage, direction: str) -> None:
    s = stage()
    a_lane(s.database, direction=direction, due_at=s.clock() + timedelta(seconds=5))
    assert notified(s) == []
    s.clock.pass_by(5)
    assert notified(s) == [{"inbound": "converse", "outbound": "dispatch"}[direction]]


def test_lease_that_ran_out_is_rung_for(stage: MakeStage) -> None:
    s = stage()
    token = an_inbound().provider_id.removeprefix("SM")
    a_lane(s.database, token=uuid.UUID(token), due_at=s.clock() + timedelta(seconds=15))
    assert notified(s) == []
    s.clock.pass_by(15)
    assert notified(s) == ["converse"]


def test_prune_keeps_what_may_be_needed(stage: MakeStage) -> None:
    s = stage()
    old, new = s.clock() - KEEP - timedelta(seconds=1), s.clock() - KEEP
    for status in ("waiting", "parked", "handled", "ignored"):
        an_entry(s.database, status=status, handled_at=old)
    an_entry(s.database, status="handled", handled_at=new)
    a_worker(s.database, "converse", seen_at=s.clock() - timedelta(minutes=11))
    a_worker(s.database, "converse", seen_at=s.clock() - timedelta(minutes=9))
    s.gets("SM1", "sent")
    s.clock.pass_by(KEEP.total_seconds())
    s.gets("SM2", "sent")
    s.clock.pass_by(-KEEP.total_seconds())
    assert sweep.prune(s.database, KEEP) == 2
    assert [e.status for e in s.entries()] == ["waiting", "parked", "handled"]
    s.clock.pass_by(1)
    assert len(rows(s.database, Worker)) == 1
    s.clock.pass_by(KEEP.total_seconds())
    assert sweep.prune(s.database, KEEP) == 2
    assert [row.provider_id for row in rows(s.database, StoredCallback)] == ["SM2"]


def test_prune_works_in_small_transactions(stage: MakeStage) -> None:
    s = stage()
    for number in range(7):
        age = KEEP * 2 if number < 3 else KEEP
        an_entry(s.database, status="handled", handled_at=s.clock() - age)
    with s.database.write() as connection:
        gone = [len(inbox.prune(connection, s.clock() - KEEP, 2)) for _ in range(5)]
    assert gone == [2, 1, 0, 0, 0]


@pytest.mark.parametrize("at_once", [1, 2, 3, 100])
def test_prune_goes_on_behind_what_it_deleted(
    stage: MakeStage, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    s = stage()
    monkeypatch.setattr(sweep, "_PRUNED_AT_ONCE", at_once)
    for number in range(9):
        status = "parked" if number in {0, 5} else "handled"
        an_entry(s.database, status=status, handled_at=s.clock() - KEEP * 2)
        s.gets(f"SM{number}", "sent")
    s.clock.pass_by(KEEP.total_seconds() * 2)
    assert sweep.prune(s.database, KEEP) == 7 + 9
    assert [e.status for e in s.entries()] == ["parked", "parked"]
    assert rows(s.database, StoredCallback) == []


def test_prune_goes_on_behind_turns_that_ran_again(
    stage: MakeStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    s = stage()
    monkeypatch.setattr(inbox, "_READ_AT_ONCE", 3)
    old = s.clock() - KEEP * 2
    for handled_at in (*[s.clock()] * 6, old, old):
        an_entry(s.database, status="handled", received_at=old, handled_at=handled_at)
    assert sweep.prune(s.database, KEEP) == 2
    assert [entry.handled_at for entry in s.entries()] == [s.clock()] * 6


def missed(number: int, s: Stage) -> Inbound:
    return an_inbound(f"missed {number}", provider="post", sent_at=s.clock())


def test_pull_brings_each_missed_message_once(stage: MakeStage) -> None:
    post = Post()
    s = stage(None, post)
    assert sweep.pull(s.runtime, s.wakeups.append) == 0
    post.missed = [missed(1, s), missed(2, s)]
    assert sweep.pull(s.runtime, s.wakeups.append) == 2
    assert sweep.pull(s.runtime, s.wakeups.append) == 0
    assert s.wakeups == ["converse"]
    s.converse()
    assert sweep.pull(s.runtime, s.wakeups.append) == 0
    assert sorted(s.replies) == ["missed 1", "missed 2"]
    # Even when the keys are gone, the log knows them.
    sweep.prune(s.database, timedelta(0) - timedelta(days=1))
    assert rows(s.database, Entry) == []
    assert sweep.pull(s.runtime, s.wakeups.append) == 0


def test_pull_starts_at_the_installation(stage: MakeStage) -> None:
    post = Post()
    s = stage(None, post)
    installed = s.clock()
    for _ in range(3):
        sweep.pull(s.runtime, s.wakeups.append)
        s.clock.pass_by(5 * 60)
    overlap = timedelta(minutes=10)
    assert [since for since, _ in post.asked] == [installed] * 3
    s.clock.pass_by(3600)
    sweep.pull(s.runtime, s.wakeups.append)
    sweep.pull(s.runtime, s.wakeups.append)
    assert post.asked[-1][0] == s.clock() - overlap


def test_pull_looks_back_as_far_as_the_keys_reach(stage: MakeStage) -> None:
    post = Post()
    s = stage(None, post, keep_handled_days=30)
    sweep.pull(s.runtime, s.wakeups.append)
    s.clock.pass_by(40 * 24 * 3600)
    sweep.pull(s.runtime, s.wakeups.append)
    assert post.asked[-1][0] == s.clock() - timedelta(days=30)


def test_message_missed_for_a_day_is_only_logged(stage: MakeStage) -> None:
    post = Post()
    s = stage(None, post)
    sweep.pull(s.runtime, s.wakeups.append)
    post.missed = [missed(1, s)]
    s.clock.pass_by(25 * 3600)
    assert sweep.pull(s.runtime, s.wakeups.append) == 1
    s.converse()
    (logged,) = rows(s.database, Message)
    assert (logged.direction, logged.body) == ("inbound", "missed 1")


def test_pull_asks_for_the_numbers_in_use(stage: MakeStage) -> None:
    post = Post()
    post.our_numbers = ("+15550100",)
    s = stage(None, post)
    s.hears("hi", recipient="+15550199")
    s.hears("hi", recipient="brand_agent", channel="rcs")
    s.converse()
    sweep.pull(s.runtime, s.wakeups.append)
    assert post.asked[0][1] == ["+15550100", "+15550199", "rcs:brand_agent"]


def test_pull_that_fails_moves_no_watermark(stage: MakeStage) -> None:
    class Silent(Post):
        def inbound_since(self, since: datetime, numbers: Sequence[str]) -> Iterator[Inbound]:
            super().inbound_since(since, numbers)
            raise NotSent("Down.")

    post = Silent()
    s = stage(None, post)
    installed = s.clock()
    for _ in range(2):
        assert sweep.pull(s.runtime, s.wakeups.append) == 0
        s.clock.pass_by(3600)
    assert [since for since, _ in post.asked] == [installed] * 2
