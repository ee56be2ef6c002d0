"""Turns that fail: back-off, parking, and who is blamed when effects cannot be recorded."""

import uuid
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import update

from pipeline import override
from pipeline.botkit import Bot, Turn
from pipeline.enums import Direction
from pipeline.records import filing
from pipeline.records.core import lanes, leases
from pipeline.records.core.contacts import Contact
from pipeline.records.core.inbox import Entry
from pipeline.records.core.messages import Message
from tests.builders import rows
from tests.pipeline.conftest import MakeStage
from tests.stage import ADA, BOB, Stage


class Moody:
    """A handler that fails on "bad" until it is cured."""

    def __init__(self) -> None:
        self.tries: list[str] = []
        self.is_cured = False

    def answer(self, turn: Turn) -> None:
        self.tries.append(turn.message.text)
        if turn.message.text == "bad" and not self.is_cured:
            raise RuntimeError("out of sorts")
        turn.say(turn.message.text)


def fail_until_parked(s: Stage) -> None:
    for seconds in (0, 1, 5, 25, 120):
        s.clock.pass_by(seconds)
        s.converse()


def test_failed_turn_waits_longer_each_time(stage: MakeStage) -> None:
    moody = Moody()
    s = stage(moody.answer)
    s.hears("bad")
    pauses = []
    for _ in range(4):
        s.converse()
        pauses.append((s.lane().due_at - s.clock()).total_seconds())
        s.clock.pass_by(pauses[-1] - 0.1)
        s.converse()
        s.clock.pass_by(0.1)
    assert pauses == [1, 5, 25, 120]
    assert moody.tries == ["bad"] * 4
    s.converse()
    (entry,) = s.entries()
    assert (entry.status, entry.attempts) == ("parked", 5)
    assert "out of sorts" in entry.error
    assert "Traceback" in entry.error


def test_parked_turn_lets_the_lane_go_on(stage: MakeStage) -> None:
    s = stage(Moody().answer)
    for text in ("a", "bad", "b"):
        s.hears(text)
    s.hears("x", BOB)
    s.converse()
    assert sorted(s.replies) == ["a", "x"]
    fail_until_parked(s)
    assert sorted(s.replies) == ["a", "b", "x"]
    assert [e.status for e in s.entries()] == ["handled", "parked", "handled", "handled"]
    assert s.lane().due_at is None


def test_failed_turn_leaves_no_trace_but_its_message(stage: MakeStage) -> None:
    def spoil(turn: Turn) -> str:
        turn.data["spoilt"] = True
        turn.say("never")
        raise RuntimeError("late")

    s = stage(spoil)
    s.hears("bad")
    s.converse()
    assert [row.body for row in rows(s.database, Message)] == ["bad"]
    (talk,) = s.conversations()
    assert (talk.state, talk.data) == ("start", {})


def test_parked_turn_is_run_again_in_order(stage: MakeStage) -> None:
    moody = Moody()
    s = stage(moody.answer)
    s.hears("bad")
    fail_until_parked(s)
    s.hears("later")
    moody.is_cured = True
    override.rerun(s.runtime, s.entries()[0].id, actor="ada")
    s.converse()
    assert s.replies == ["bad", "later"]


def test_message_of_a_parked_turn_is_in_the_log(stage: MakeStage) -> None:
    s = stage(Moody().answer)
    s.hears("bad", profile_name="Ada")
    fail_until_parked(s)
    (message,) = rows(s.database, Message)
    (entry,) = s.entries()
    assert (message.body, message.turn_id, message.ordinal) == ("bad", entry.id, 0)
    (talk,) = s.conversations()
    assert (talk.state, talk.last_inbound_at) == ("start", entry.received_at)
    assert message.conversation_id == talk.id
    assert rows(s.database, Contact)[0].name == "Ada"


def test_unreadable_entry_is_parked_all_the_same(stage: MakeStage) -> None:
    s = stage()
    message = s.hears("hi")
    with s.database.write() as connection:
        connection.execute(update(Entry).values(payload={"message": {"text": message.text}}))
    fail_until_parked(s)
    assert [e.status for e in s.entries()] == ["parked"]
    assert rows(s.database, Message) == []


def test_entry_made_to_wait_by_hand_is_run(stage: MakeStage) -> None:
    """Whoever mends the table directly gets the turn, too; its message is logged once."""
    moody = Moody()
    s = stage(moody.answer)
    s.hears("bad")
    fail_until_parked(s)
    moody.is_cured = True
    with s.database.write() as connection:
        connection.execute(update(Entry).values(status="waiting", attempts=0))
        lanes.wake(connection, Direction.INBOUND, [ADA], s.clock())
    s.converse()
    assert [row.body for row in rows(s.database, Message)] == ["bad", "bad"]
    assert [row.direction for row in rows(s.database, Message)] == ["inbound", "outbound"]
    assert [e.status for e in s.entries()] == ["handled"]


def test_success_forgets_the_failures(stage: MakeStage) -> None:
    moody = Moody()
    s = stage(moody.answer)
    s.hears("bad")
    s.converse()
    moody.is_cured = True
    s.clock.pass_by(1)
    s.converse()
    moody.is_cured = False
    s.hears("bad")
    s.converse()
    assert s.lane().due_at - s.clock() == timedelta(seconds=1)


def test_message_that_kills_its_worker_is_parked(stage: MakeStage) -> None:
    s = stage(Moody().answer)
    s.hears("deadly")
    s.hears("next")
    s.converse()
    s.hears("deadly again")
    with s.database.write() as connection:
        filed = filing.file_new(connection, s.clock())
        lanes.note(connection, Direction.INBOUND, filed.lanes, s.clock())
    for _ in range(5):
        die_in_turn(s)
        s.clock.pass_by(15)
    s.converse()
    assert s.replies == ["deadly", "next"]
    assert s.entries()[-1].status == "parked"
    assert "died 5 times" in s.entries()[-1].error


def die_in_turn(s: Stage) -> None:
    """A worker that claims, and is not heard of again."""
    lease = leases.Lease(uuid.uuid4(), s.clock(), s.clock() + timedelta(seconds=15))
    with s.database.write() as connection:
        take = partial(leases.claim, connection, Direction.INBOUND, lease, limit=1)
        claimed = [*take(is_expired=True), *take()]
    assert len(claimed) == 1


@pytest.fixture
def unrecordable() -> Bot:
    """ "bad" leads to a state whose name no database takes."""
    bot = Bot("tester", start="start")

    @bot.awaits("start")
    def start(turn: Turn) -> str | None:
        turn.say(turn.message.text)
        return "half \ud800" if turn.message.text == "bad" else None

    @bot.awaits("half \ud800")
    def half(turn: Turn) -> None:
        turn.say("never")

    return bot


def test_only_the_unrecordable_lane_is_blamed(stage: MakeStage, unrecordable: Bot) -> None:
    s = stage(unrecordable)
    s.hears("bad")
    s.hears("good", BOB)
    s.hears("fine", "+14155550103")
    s.converse()
    assert sorted(s.replies) == ["fine", "good"]
    guilty, *others = s.entries()
    assert (guilty.status, guilty.attempts) == ("waiting", 1)
    assert "could not be saved" in guilty.error
    assert {e.status for e in others} == {"handled"}
    assert s.lane().due_at - s.clock() == timedelta(seconds=1)


def test_unrecordable_turn_is_parked_in_the_end(stage: MakeStage, unrecordable: Bot) -> None:
    s = stage(unrecordable)
    s.hears("before")
    s.hears("bad")
    s.hears("after")
    for seconds in (0, 1, 1, 5, 25, 120):
        s.clock.pass_by(seconds)
        s.converse()
    assert s.replies == ["before", "after"]
    assert [e.status for e in s.entries()] == ["handled", "parked", "handled"]
    heard = [row.body for row in rows(s.database, Message) if row.direction == "inbound"]
    assert heard == ["before", "bad", "after"]
    assert len(s.conversations()) == 1
