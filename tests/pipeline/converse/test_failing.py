"""A turn that fails is seen at its first attempt: in the log, in its conversation, on Failures."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from pipeline import override
from pipeline.converse.claim import claim
from pipeline.enums import TurnStatus
from pipeline.errors import ChangeRefused
from pipeline.queries import conversations, failures
from pipeline.queries.failures import FailedTurn
from pipeline.queries.filter import ConversationFilter
from pipeline.queries.menu import menu
from pipeline.records.accounts.audit import AuditEntry
from pipeline.records.core.contacts import Contact
from pipeline.records.core.messages import Message
from tests.builders import rows
from tests.pipeline.conftest import MakeStage
from tests.pipeline.converse.moody import Moody
from tests.stage import ADA, BOB, Stage


def failed(s: Stage) -> Sequence[FailedTurn]:
    with s.database.read() as connection:
        return failures.turns(connection, 0, 10)


def said(s: Stage) -> list[tuple[str, str]]:
    found = sorted(rows(s.database, Message), key=lambda row: row.id)
    return [(row.direction, row.body) for row in found]


def listed(s: Stage, **criteria: Any) -> list[tuple[str | None, bool]]:
    with s.database.read() as connection:
        found = conversations.listing(connection, ConversationFilter(**criteria), None, 10)
    return [(row.phone, row.has_failed) for row in found]


def test_new_contact_and_message_are_there_at_once(stage: MakeStage) -> None:
    s = stage(Moody().bot)
    s.hears("bad", profile_name="Ada")
    s.converse()
    assert said(s) == [("inbound", "bad")]
    (contact,) = rows(s.database, Contact)
    assert (contact.phone, contact.name, contact.last_seen_at) == (ADA, "Ada", s.clock())
    (talk,) = s.conversations()
    assert (talk.state, talk.last_inbound_at) == ("start", s.clock())
    (turn,) = failed(s)
    assert (turn.outcome, turn.attempts) == (TurnStatus.FAILING, 1)
    assert turn.next_attempt_at == s.clock() + timedelta(seconds=1)
    assert (turn.conversation_id, turn.contact_id) == (talk.id, contact.id)
    assert "out of sorts" in turn.error
    with s.database.read() as connection:
        assert failures.turns_of(connection, talk.id, 9) == (turn,)
        assert menu(connection, s.clock()).failures == 1
        assert failures.counts(connection, ADA).turns == 1


def test_message_is_logged_once_however_often_it_fails(stage: MakeStage) -> None:
    moody = Moody()
    s = stage(moody.bot)
    for text in ("a", "bad", "b"):
        s.hears(text)
    for seconds in (0, 1, 5):
        s.clock.pass_by(seconds)
        s.converse()
    moody.is_cured = True
    s.clock.pass_by(25)
    s.converse()
    assert said(s) == [
        ("inbound", "a"),
        ("outbound", "re: a"),
        ("inbound", "bad"),
        ("outbound", "re: bad"),
        ("inbound", "b"),
        ("outbound", "re: b"),
    ]
    assert failed(s) == []
    assert [entry.status for entry in s.entries()] == ["handled"] * 3


def test_history_is_what_was_before_the_message(stage: MakeStage) -> None:
    moody = Moody()
    s = stage(moody.bot)
    for text in ("a", "bad"):
        s.hears(text)
        s.converse()
    moody.is_cured = True
    s.clock.pass_by(1)
    s.converse()
    assert moody.pasts == [[], ["a", "re: a"], ["a", "re: a"]]


def test_filter_finds_what_fails_and_what_is_parked(stage: MakeStage) -> None:
    s = stage(Moody().bot)
    for contact in (ADA, BOB):
        s.hears("fine", contact)
    s.hears("bad", ADA)
    s.converse()
    assert listed(s, failed=True) == [(ADA, True)]
    assert sorted(listed(s)) == [(ADA, True), (BOB, False)]
    for seconds in (1, 5, 25, 120):
        s.clock.pass_by(seconds)
        s.converse()
    assert failed(s)[0].outcome == TurnStatus.PARKED
    assert listed(s, failed=True) == [(ADA, True)]
    override.skip(s.runtime, failed(s)[0].id, actor="ada")
    assert listed(s, failed=True) == []


def test_try_now_does_not_wait_and_keeps_the_count(stage: MakeStage) -> None:
    moody = Moody()
    s = stage(moody.bot)
    s.hears("bad")
    for seconds in (0, 1):
        s.clock.pass_by(seconds)
        s.converse()
    (turn,) = failed(s)
    override.try_now(s.runtime, turn.id, actor="ada@example.com")
    s.converse()
    assert failed(s)[0].attempts == 3
    moody.is_cured = True
    override.try_now(s.runtime, turn.id, actor="ada@example.com")
    s.converse()
    assert s.replies == ["re: bad"]
    assert [row.action for row in rows(s.database, AuditEntry)] == ["try_now"] * 2
    with pytest.raises(ChangeRefused, match="does not wait"):
        override.try_now(s.runtime, turn.id, actor="ada@example.com")


def test_turn_in_work_is_tried_by_its_worker_only(stage: MakeStage) -> None:
    s = stage(Moody().bot)
    s.hears("bad")
    s.converse()
    s.clock.pass_by(1)
    assert len(claim(s.database, 8).works) == 1
    (turn,) = failed(s)
    assert (turn.outcome, turn.next_attempt_at) == (TurnStatus.FAILING, None)
    override.try_now(s.runtime, turn.id, actor="ada@example.com")
    assert claim(s.database, 8).works == []


def test_failing_turn_is_skipped_and_the_lane_goes_on(stage: MakeStage) -> None:
    s = stage(Moody().bot)
    for text in ("bad", "next"):
        s.hears(text)
    s.converse()
    override.skip(s.runtime, failed(s)[0].id, actor="ada")
    s.converse()
    assert said(s) == [("inbound", "bad"), ("inbound", "next"), ("outbound", "re: next")]
    assert [entry.status for entry in s.entries()] == ["ignored", "handled"]
    assert s.lane().due_at is None


def test_skip_while_the_turn_runs_is_kept(stage: MakeStage) -> None:
    moody = Moody()
    s = stage(moody.bot)
    s.hears("bad")
    s.converse()
    s.clock.pass_by(1)
    batch = claim(s.database, 8)
    override.skip(s.runtime, failed(s)[0].id, actor="ada")
    s.conversing()._take(batch)
    assert [entry.status for entry in s.entries()] == ["ignored"]
    assert failed(s) == []


def test_time_out_counts_from_the_message_that_was_skipped(stage: MakeStage) -> None:
    moody = Moody()
    s = stage(moody.bot)
    s.hears("hi")
    s.converse()
    s.clock.pass_by(60)
    s.hears("bad")
    s.converse()
    override.skip(s.runtime, failed(s)[0].id, actor="ada")
    moody.is_cured = True
    for seconds, replies in ((61, ["re: hi"]), (59, ["re: hi", "Still there?"])):
        s.ticks(seconds)
        s.converse()
        assert s.replies == replies


def test_time_out_that_falls_due_behind_a_failing_turn_does_nothing(stage: MakeStage) -> None:
    moody = Moody()
    s = stage(moody.bot)
    s.hears("hi")
    s.converse()
    s.clock.pass_by(119)
    s.hears("bad")
    s.converse()
    moody.is_cured = True
    s.ticks(1)
    s.converse()
    assert s.replies == ["re: hi", "re: bad"]


def test_timer_that_fails_is_shown_on_its_conversation(stage: MakeStage) -> None:
    s = stage(Moody().bot)
    s.hears("hi")
    s.converse()
    s.ticks(120)
    s.converse()
    (turn,), (talk,) = failed(s), s.conversations()
    assert (turn.kind, turn.conversation_id) == ("timer", talk.id)
    assert "LookupError: no clock" in turn.error
    assert listed(s, failed=True) == [(ADA, True)]


def test_every_failing_lane_is_tried_for_new_code(stage: MakeStage) -> None:
    moody = Moody()
    s = stage(moody.bot)
    for contact in (ADA, BOB):
        s.hears("bad", contact)
    for seconds in (0, 1):
        s.clock.pass_by(seconds)
        s.converse()
    assert override.try_all_now(s.runtime) == 2
    assert (s.lane(ADA).due_at, s.lane(BOB).attempts) == (s.clock(), 0)
    moody.is_cured = True
    s.converse()
    assert s.replies == ["re: bad"] * 2
    assert override.try_all_now(s.runtime) == 0
