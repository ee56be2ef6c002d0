"""Claiming: who is next, leases that run out, and what comes alone."""

import time
from datetime import timedelta

from pipeline.botkit import Turn
from pipeline.converse.claim import LEASE, claim
from pipeline.converse.record import record
from pipeline.converse.turns import TurnRunner
from pipeline.records import filing
from tests.builders import a_lane, an_entry
from tests.pipeline.conftest import MakeStage
from tests.stage import ADA, BOB


def test_each_worker_claims_its_own_lanes(stage: MakeStage) -> None:
    s = stage()
    for number in range(6):
        s.hears("hi", f"+1415555020{number}")
    first, second, third = (claim(s.database, 4) for _ in range(3))
    keys = [{work.key for work in batch.works} for batch in (first, second, third)]
    assert [len(found) for found in keys] == [4, 2, 0]
    assert keys[0].isdisjoint(keys[1])
    assert [first.is_full, second.is_full] == [True, False]


def test_longest_waiting_lane_is_first(stage: MakeStage) -> None:
    s = stage()
    for minutes in (1, 3, 2):
        key = f"+1415555030{minutes}"
        an_entry(s.database, lane=key, is_filed=True)
        a_lane(s.database, key=key, due_at=s.clock() - timedelta(minutes=minutes))
    order = [claim(s.database, 1).works[0].key for _ in range(3)]
    assert order == ["+14155550303", "+14155550302", "+14155550301"]


def test_flooding_contact_lets_others_in(stage: MakeStage) -> None:
    heard: list[str | None] = []

    def note(turn: Turn) -> None:
        time.sleep(0.003)
        s.clock.pass_by(0.003)
        heard.append(turn.contact.phone)
        if len(heard) == 1:
            s.hears("hello?", BOB)

    s = stage(note)
    for number in range(100):
        s.hears(str(number))
    # A slow bot's drain claims one lane at a time, so every claim is full.
    drain = s.conversing()
    drain._limit = 1
    drain.drain()
    assert len(heard) == 101
    assert heard.index(BOB) < 60


def test_lane_in_back_off_is_not_claimed(stage: MakeStage) -> None:
    s = stage()
    a_lane(s.database, key=ADA, due_at=s.clock() + timedelta(seconds=1), attempts=1)
    s.hears("hi", BOB)
    assert [work.key for work in claim(s.database, 8).works] == [BOB]
    s.clock.pass_by(1)
    assert [work.key for work in claim(s.database, 8).works] == [ADA]


def test_expired_lease_comes_alone_turn_by_turn(stage: MakeStage) -> None:
    s = stage()
    for text in ("a", "b"):
        s.hears(text)
    dead = claim(s.database, 8)
    assert [len(work.entries) for work in dead.works] == [2]
    s.hears("hi", BOB)
    s.clock.pass_by(LEASE.total_seconds() - 1)
    assert [work.key for work in claim(s.database, 8).works] == [BOB]
    s.clock.pass_by(1)
    recovered = claim(s.database, 8)
    (work,) = recovered.works
    assert (work.key, work.attempt, work.is_alone) == (ADA, 2, True)
    assert recovered.is_recovery


def test_recovery_stays_alone_until_the_lane_is_empty(stage: MakeStage) -> None:
    s = stage()
    for text in ("a", "b", "c"):
        s.hears(text)
    claim(s.database, 8)
    s.clock.pass_by(LEASE.total_seconds())
    s.converse()
    assert s.replies == ["a", "b", "c"]


def test_killer_further_down_the_lane_comes_alone(stage: MakeStage) -> None:
    s = stage()
    for text in ("a", "killer"):
        s.hears(text)
    claim(s.database, 8)
    s.hears("hi", BOB)
    s.clock.pass_by(LEASE.total_seconds())
    recovered = claim(s.database, 8)
    runner = TurnRunner(s.runtime.bot, "post", lambda *_: [])
    turns = runner.run(recovered.works[0], s.clock())
    record(s.database, recovered.token, [turns], lambda: False, runner.failed)
    following = claim(s.database, 8)
    assert following.is_recovery
    assert [work.key for work in following.works] == [ADA]
    assert following.works[0].attempt == 1


def test_expired_lane_is_left_when_not_looked_for(stage: MakeStage) -> None:
    s = stage()
    s.hears("hi")
    claim(s.database, 8)
    s.clock.pass_by(LEASE.total_seconds())
    assert claim(s.database, 8, also_expired=False).works == []


def test_work_that_comes_during_a_turn_is_not_forgotten(stage: MakeStage) -> None:
    s = stage()
    s.hears("a")
    batch = claim(s.database, 8)
    s.hears("b")
    assert claim(s.database, 8).works == []
    assert s.lane().has_more
    # The first worker's record is what makes the lane due again.
    drain = s.conversing()
    drain._take(batch)
    drain.drain()
    assert s.replies == ["a", "b"]


def test_at_most_sixteen_entries_of_a_lane_at_once(stage: MakeStage) -> None:
    s = stage()
    for number in range(20):
        s.hears(str(number))
    (work,) = claim(s.database, 8).works
    assert [entry.message.text for entry in work.entries] == [str(n) for n in range(16)]
    assert work.has_rest


def test_empty_database_has_nothing_to_claim(stage: MakeStage) -> None:
    s = stage()
    batch = claim(s.database, 8)
    assert (batch.works, batch.is_full, batch.is_recovery) == ([], False, False)
    with s.database.write() as connection:
        assert filing.file_new(connection, s.clock()).lanes == set()
