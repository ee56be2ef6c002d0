"""Fences: what changes under a turn throws it away, and it is taken again (promises P2 and P8)."""

import threading

import pytest

from pipeline import override
from pipeline.botkit import Bot, Turn
from pipeline.converse.claim import LEASE, claim
from pipeline.ids import new_id
from pipeline.records.core.contacts import Contact
from tests.builders import rows
from tests.pipeline.conftest import MakeStage
from tests.stage import ADA, Stage, one_state

OPERATOR = "ada@example.com"


def test_operators_change_throws_the_turn_away(stage: MakeStage) -> None:
    bot = Bot("tester", start="start")
    runs: list[str] = []

    @bot.awaits("start")
    def start(turn: Turn) -> str | None:
        runs.append(turn.message.text)
        if turn.message.text == "second":
            override.change_state(s.runtime, s.conversations()[0].id, "support", actor=OPERATOR)
            turn.say("wrong")
            return "start"
        return None

    @bot.awaits("support")
    def support(turn: Turn) -> None:
        runs.append(f"support {turn.message.text}")
        turn.say("right")

    s = stage(bot)
    s.hears("first")
    s.converse()
    s.hears("second")
    s.converse()
    assert runs == ["first", "second", "support second"]
    assert s.replies == ["right"]
    assert s.conversations()[0].state == "support"
    assert s.lane().attempts == 0


def test_lost_fence_is_no_failed_attempt(stage: MakeStage) -> None:
    changes: list[str] = []

    def stubborn(turn: Turn) -> None:
        if turn.message.text == "go" and len(changes) < 7:
            changes.append(turn.message.text)
            override.change_state(
                s.runtime, s.conversations()[0].id, "start", actor=OPERATOR, force=True
            )
        turn.say(turn.message.text)

    s = stage(stubborn)
    s.hears("a")
    s.converse()
    s.hears("go")
    s.converse()
    assert s.replies == ["a", "go"]
    assert (s.entries()[-1].status, s.entries()[-1].attempts) == ("handled", 0)


def test_hold_during_a_turn_keeps_the_bot_silent(stage: MakeStage) -> None:
    def interrupted(turn: Turn) -> None:
        if turn.message.text == "b":
            override.take_over(s.runtime, s.conversations()[0].id, actor=OPERATOR)
        turn.say(turn.message.text)

    s = stage(interrupted)
    s.hears("a")
    s.plays()
    s.hears("b")
    s.plays()
    assert s.replies == ["a"]
    assert [e.status for e in s.entries()] == ["handled", "handled"]


def test_turn_after_a_lost_lease_leaves_no_trace(stage: MakeStage) -> None:
    def overtaken(turn: Turn) -> None:
        if not taken:
            taken.append(turn.message.text)
            s.clock.pass_by(LEASE.total_seconds() + 1)
            s.converse()  # another worker, once the lease has run out
        turn.say(f"heard {turn.message.text}")

    taken: list[str] = []
    s = stage(overtaken)
    s.hears("a")
    s.converse()
    assert s.replies == ["heard a"]
    assert len(rows(s.database, Contact)) == len(s.conversations()) == 1


def test_given_back_lane_has_no_attempt_more(stage: MakeStage) -> None:
    s = stage()
    s.hears("a")
    drain = s.conversing()
    for _ in range(6):
        batch = claim(s.database, 8)
        assert batch.works[0].attempt == 1
        drain._return(batch.token, [ADA])
    s.converse()
    assert s.replies == ["a"]


@pytest.mark.parametrize("workers", [2, 4])
def test_first_messages_on_several_workers(stage: MakeStage, workers: int) -> None:
    """A contact that nobody knows yet; the same number is two lanes for nobody."""
    s = stage()
    for number in range(10):
        s.hears(f"m{number}", channel=("sms", "whatsapp")[number % 2])
    drain_together(s, workers)
    assert len(rows(s.database, Contact)) == 1
    assert len(s.conversations()) == 2
    assert s.replies == [f"m{number}" for number in range(10)]


def test_two_turns_that_make_one_contact(stage: MakeStage) -> None:
    def rivalled(turn: Turn) -> None:
        if not rivals:
            rivals.append(1)
            with s.database.write() as connection:
                new = {"id": new_id(), "key": ADA, "phone": ADA}
                connection.execute(Contact.__table__.insert().values(created_at=s.clock(), **new))  # type: ignore[attr-defined]  # a Table
        turn.say(turn.message.text)

    rivals: list[int] = []
    s = stage(rivalled)
    s.hears("a")
    s.converse()
    assert s.replies == ["a"]
    assert len(rows(s.database, Contact)) == 1


def test_operator_opens_the_talk_a_moment_earlier(stage: MakeStage) -> None:
    def late(turn: Turn) -> None:
        if turn.message.text == "again" and len(s.conversations()) == 1:
            contact = s.conversations()[0].contact_id
            override.write_to(s.runtime, contact, "Hello", actor=OPERATOR)
        turn.say(turn.message.text)
        if turn.message.text == "bye":
            turn.end()

    s = stage(late)
    s.hears("bye")
    s.converse()
    s.clock.pass_by(1)
    s.hears("again")
    s.converse()
    assert s.replies == ["bye", "Hello", "again"]
    assert len(s.conversations()) == 2


def drain_together(s: Stage, workers: int) -> None:
    threads = [threading.Thread(target=s.converse) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_many_contacts_on_several_workers_once_each(stage: MakeStage) -> None:
    def count(turn: Turn) -> None:
        turn.data["n"] = turn.data.get("n", 0) + 1
        turn.say(str(turn.data["n"]))

    s = stage(one_state(count))
    for number in range(120):
        s.hears("hi", f"+14155560{number % 30:03}")
    drain_together(s, 3)
    assert {e.status for e in s.entries()} == {"handled"}
    by_contact: dict[object, list[str]] = {}
    for reply in s.outbound():
        by_contact.setdefault(reply.contact_id, []).append(reply.body)
    assert list(by_contact.values()) == [["1", "2", "3", "4"]] * 30
