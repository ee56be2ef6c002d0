"""Turns that were given up: run once more in order, or skipped; nothing said is invisible."""

import pytest

from pipeline import override
from pipeline.botkit import Bot, Turn
from pipeline.converse.claim import LEASE, claim
from pipeline.errors import ChangeRefused, NotFound
from pipeline.records.accounts.audit import AuditEntry
from pipeline.records.core.inbox import Entry
from pipeline.records.core.messages import Message
from pipeline.runtime import Runtime
from tests.builders import an_entry, rows
from tests.pipeline.conftest import MakeStage
from tests.stage import ADA, BOB, Stage


class Broken:
    """A bot that fails on "bad…" until it is mended, and repeats everything else."""

    def __init__(self) -> None:
        self.is_mended = False
        self.bot = Bot("tester", start="start")

        @self.bot.awaits("start")
        def start(turn: Turn) -> None:
            if turn.message.text.startswith("bad") and not self.is_mended:
                raise RuntimeError("broken")
            turn.say(turn.message.text)


def until_parked(s: Stage) -> None:
    for seconds in (0, 1, 5, 25, 120, 0, 1, 5, 25, 120):
        s.clock.pass_by(seconds)
        s.converse()


def parked(s: Stage) -> list[int]:
    return [entry.id for entry in s.entries() if entry.status == "parked"]


def said(s: Stage) -> list[tuple[str, str]]:
    found = sorted(rows(s.database, Message), key=lambda row: row.id)
    return [(row.direction, row.body) for row in found]


def test_rerun_takes_the_turn_now(stage: MakeStage) -> None:
    broken = Broken()
    s = stage(broken.bot)
    for text in ("a", "bad", "b"):
        s.hears(text)
    until_parked(s)
    broken.is_mended = True
    (entry_id,) = parked(s)
    override.rerun(s.runtime, entry_id, actor="ada")
    s.converse()
    assert [e.status for e in s.entries()] == ["handled"] * 3
    assert said(s) == [
        ("inbound", "a"),
        ("outbound", "a"),
        ("inbound", "bad"),
        ("inbound", "b"),
        ("outbound", "b"),
        ("outbound", "bad"),
    ]
    (logged,) = rows(s.database, AuditEntry)
    assert (logged.action, logged.target) == ("rerun", str(entry_id))


def test_rerun_that_fails_is_parked_again(stage: MakeStage) -> None:
    broken = Broken()
    s = stage(broken.bot)
    s.hears("bad")
    until_parked(s)
    override.rerun(s.runtime, *parked(s), actor="ada")
    until_parked(s)
    (entry,) = s.entries()
    assert (entry.status, entry.attempts) == ("parked", 5)
    assert "broken" in entry.error
    broken.is_mended = True
    override.rerun(s.runtime, entry.id, actor="ada")
    s.converse()
    assert said(s) == [("inbound", "bad"), ("outbound", "bad")]


def test_rerun_twice_is_one_turn(stage: MakeStage) -> None:
    broken = Broken()
    s = stage(broken.bot)
    s.hears("bad")
    until_parked(s)
    broken.is_mended = True
    (entry_id,) = parked(s)
    override.rerun(s.runtime, entry_id, actor="ada")
    for verb in (override.rerun, override.skip):
        with pytest.raises(ChangeRefused, match="no longer parked"):
            verb(s.runtime, entry_id, actor="bob")
    s.converse()
    with pytest.raises(ChangeRefused, match="no longer parked"):
        override.rerun(s.runtime, entry_id, actor="bob")
    assert s.replies == ["bad"]


def test_rerun_is_ahead_of_what_came_later(stage: MakeStage) -> None:
    broken = Broken()
    s = stage(broken.bot)
    for text in ("bad 1", "bad 2"):
        s.hears(text)
    until_parked(s)
    s.hears("later")
    broken.is_mended = True
    for entry_id in reversed(parked(s)):
        override.rerun(s.runtime, entry_id, actor="ada")
    s.converse()
    assert s.replies == ["bad 1", "bad 2", "later"]


def test_rerun_waits_for_the_lease(stage: MakeStage) -> None:
    broken = Broken()
    s = stage(broken.bot)
    s.hears("bad")
    until_parked(s)
    s.hears("in work")
    held = claim(s.database, 8)
    broken.is_mended = True
    override.rerun(s.runtime, *parked(s), actor="ada")
    assert claim(s.database, 8).works == []
    drain = s.conversing()
    drain._take(held)
    drain.drain()
    assert s.replies == ["in work", "bad"]
    s.clock.pass_by(LEASE.total_seconds())
    s.converse()
    assert s.replies == ["in work", "bad"]


def test_rerun_does_not_wait_out_a_back_off(stage: MakeStage) -> None:
    broken = Broken()
    s = stage(broken.bot)
    s.hears("bad")
    until_parked(s)
    s.hears("bad too")
    s.converse()
    broken.is_mended = True
    override.rerun(s.runtime, *parked(s), actor="ada")
    assert (s.lane().due_at, s.lane().attempts) == (s.clock(), 0)
    s.converse()
    assert s.replies == ["bad", "bad too"]


def test_all_of_one_lane_or_of_every_one(stage: MakeStage) -> None:
    broken = Broken()
    s = stage(broken.bot)
    for text, contact in (("bad 1", ADA), ("bad 2", ADA), ("bad 3", BOB)):
        s.hears(text, contact)
    until_parked(s)
    broken.is_mended = True
    assert override.rerun_all(s.runtime, actor="ada", lane=ADA) == 2
    s.converse()
    assert s.replies == ["bad 1", "bad 2"]
    assert override.rerun_all(s.runtime, actor="ada") == 1
    assert override.rerun_all(s.runtime, actor="ada") == 0
    s.converse()
    assert s.replies == ["bad 1", "bad 2", "bad 3"]
    assert [e.details["turns"] for e in rows(s.database, AuditEntry)] == [2, 1]


def test_skipped_turn_stays_in_the_log(stage: MakeStage) -> None:
    s = stage(Broken().bot)
    s.hears("bad")
    until_parked(s)
    override.skip(s.runtime, *parked(s), actor="ada")
    assert [e.status for e in s.entries()] == ["ignored"]
    assert said(s) == [("inbound", "bad")]
    until_parked(s)
    assert said(s) == [("inbound", "bad")]
    assert rows(s.database, AuditEntry)[0].action == "skip"


def test_skipping_logs_what_never_was(stage: MakeStage) -> None:
    """Entries parked by an older version, or by a fault in the log itself, are in no transcript."""
    s = stage()
    entry = an_entry(s.database, status="parked", is_filed=True, lane=ADA)
    override.skip(s.runtime, entry.id, actor="ada")
    (message,) = rows(s.database, Message)
    assert (message.body, message.turn_id, message.author) == ("hi", entry.id, "contact")


def test_rerun_of_what_never_was_logged(stage: MakeStage) -> None:
    s = stage()
    message = s.hears("hi")
    s.entries()
    entry = an_entry(
        s.database,
        status="parked",
        is_filed=True,
        lane=ADA,
        payload={"message": {**message.to_json(), "provider_id": "SM-old"}, "form": {}},
    )
    s.converse()
    override.rerun(s.runtime, entry.id, actor="ada")
    s.converse()
    assert s.replies == ["hi", "hi"]
    assert len(rows(s.database, Message)) == 4


def test_skipped_timer_logs_nothing(stage: MakeStage) -> None:
    s = stage()
    entry = an_entry(s.database, status="parked", is_filed=True, kind="timer", payload={})
    override.skip(s.runtime, entry.id, actor="ada")
    assert rows(s.database, Message) == []
    assert rows(s.database, Entry)[0].status == "ignored"


def test_unreadable_entry_can_be_skipped(stage: MakeStage) -> None:
    s = stage()
    entry = an_entry(s.database, status="parked", is_filed=True, payload={"message": {}})
    override.skip(s.runtime, entry.id, actor="ada")
    assert rows(s.database, Entry)[0].status == "ignored"


def test_unknown_entry_is_not_found(runtime: Runtime) -> None:
    for verb in (override.rerun, override.skip):
        with pytest.raises(NotFound):
            verb(runtime, 1, actor="ada")
