"""Bursts whose worker is killed or whose turn fails, and two workers: one turn all the same."""

from pipeline import override
from pipeline.botkit import Join
from pipeline.converse.claim import LEASE, claim
from tests.pipeline.conftest import MakeStage
from tests.pipeline.converse.debounced import a_bot, comes, heard, said
from tests.stage import ADA, BOB


def test_killed_worker_leaves_the_burst_whole(stage: MakeStage) -> None:
    s = stage(a_bot(Join(seconds=2)))
    comes(s, "a", "b")
    s.clock.pass_by(2)
    claim(s.database, 8)  # and the worker dies
    s.hears("later", BOB)
    s.clock.pass_by(LEASE.total_seconds())
    s.converse()
    assert sorted(said(s)) == ["a\nb +0", "later +0"]
    assert s.conversations()[0].data["turns"] == 1


def test_worker_killed_while_it_was_to_wait(stage: MakeStage) -> None:
    s = stage(a_bot(Join(seconds=60)))
    comes(s, "a")
    claim(s.database, 8)
    s.clock.pass_by(LEASE.total_seconds())
    s.hears("b")
    s.converse()
    assert s.replies == []
    s.clock.pass_by(60)
    s.converse()
    assert said(s) == ["a\nb +0"]
    assert s.lane().attempts == 0


def test_failed_burst_is_tried_again_as_one_turn(stage: MakeStage) -> None:
    s = stage(a_bot(Join(seconds=2), fails=2))
    comes(s, "a", "b")
    for seconds in (2, 1, 5):
        s.clock.pass_by(seconds)
        s.converse()
    assert said(s) == ["a\nb +0"]
    (talk,) = s.conversations()
    assert (talk.data["turns"], len(heard(s))) == (1, 2)
    assert talk.data["keys"][0].endswith(s.entries()[0].provider_id)


def test_burst_that_is_given_up_is_parked_and_re_run_whole(stage: MakeStage) -> None:
    s = stage(a_bot(Join(seconds=2), fails=5))
    comes(s, "a", "b")
    for seconds in (2, 1, 5, 25, 120):
        s.clock.pass_by(seconds)
        s.converse()
    assert [entry.status for entry in s.entries()] == ["parked", "parked"]
    assert [text for text, _ in heard(s)] == ["a", "b"]
    override.rerun_all(s.runtime, actor="ada@example.com")
    s.converse()
    assert said(s) == ["a\nb +0"]
    assert len(heard(s)) == 2


def test_burst_that_fails_is_in_the_log_once_and_may_grow(stage: MakeStage) -> None:
    s = stage(a_bot(Join(seconds=5), fails=1))
    comes(s, "a", "b")
    s.clock.pass_by(5)
    s.converse()
    assert [text for text, _ in heard(s)] == ["a", "b"]
    comes(s, "c")
    s.clock.pass_by(5)
    s.converse()
    assert [text for text, _ in heard(s)] == ["a", "b", "c"]
    assert said(s) == ["a\nb\nc +0"]


def test_two_workers_record_a_burst_once(stage: MakeStage) -> None:
    s = stage(a_bot(Join(seconds=2)))
    comes(s, "a", "b")
    s.clock.pass_by(2)
    batch = claim(s.database, 8)
    s.clock.pass_by(LEASE.total_seconds())
    s.converse()
    s.conversing()._take(batch)
    assert (said(s), len(heard(s))) == (["a\nb +0"], 2)
    assert s.lane(ADA).due_at is None
