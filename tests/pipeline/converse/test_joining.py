"""Two contacts turn out to be one person: nothing is lost, doubled or out of order (P2, P3, P6)."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from pipeline.botkit import Bot, Turn
from pipeline.converse.claim import claim
from pipeline.converse.record import record
from pipeline.converse.turns import TurnRunner
from pipeline.records.core.contacts import Contact
from pipeline.records.core.lanes import Lane
from pipeline.records.core.messages import Message
from pipeline.records.core.transitions import Transition
from tests.builders import rows
from tests.pipeline.conftest import MakeStage
from tests.pipeline.converse.test_one_person import (
    NUMBER,
    OTHER,
    TODAY,
    USER_ID,
    counting,
    sent,
    the_contact,
    writes,
)
from tests.provider_for_tests import Post
from tests.stage import BOB, Stage


def two_who_are_one(s: Stage) -> None:
    """A number and a user id that nobody knows to be one person, each with a conversation."""
    writes(s, USER_ID, "u1")
    s.plays()
    s.clock.pass_by(1)
    writes(s, NUMBER, "n1")
    s.plays()
    s.clock.pass_by(1)
    assert len(rows(s.database, Contact)) == 2


def test_two_contacts_that_are_one_are_joined(stage: MakeStage) -> None:
    s = stage(counting)
    two_who_are_one(s)
    first, second = s.conversations()
    with s.database.write() as connection:
        opted = update(Contact).where(Contact.key == USER_ID)
        since = s.clock().isoformat()
        connection.execute(opted.values(opt_outs={"sms +1": since}, is_blocked=True, name="Ada"))
    writes(s, NUMBER, "both", USER_ID)
    s.plays()
    row = the_contact(s)
    assert (row.id, row.key) == (first.contact_id, USER_ID)
    assert (row.phone, row.name, row.is_blocked) == ("+14155559301", "Ada", True)
    assert row.opt_outs.keys() == {"sms +1"}
    closed, stays = s.conversations()
    assert (closed.id, stays.id) == (first.id, second.id)
    assert closed.closed_at
    assert not stays.closed_at
    (step,) = [row for row in rows(s.database, Transition) if row.via == "joined"]
    assert step.conversation_id == closed.id
    assert "Two addresses turned out to be one contact." in step.reason
    assert {row.contact_id for row in rows(s.database, Message)} == {row.id}
    assert [row.body for row in rows(s.database, Message) if row.direction == "inbound"] == [
        "u1",
        "n1",
        "both",
    ]


def test_the_joined_contact_goes_on_from_both_addresses(stage: MakeStage) -> None:
    s = stage(counting)
    two_who_are_one(s)
    writes(s, NUMBER, "both", USER_ID)
    s.plays()
    writes(s, USER_ID, "u2")
    s.plays()
    writes(s, NUMBER, "n2")
    s.plays()
    assert [body for _, _, body in sent(s)[2:]] == ["2: both", "3: u2", "4: n2"]
    assert [to for _, to, _ in sent(s)[2:]] == ["+14155559301", "US.5550001112223", "+14155559301"]
    assert {row.key for row in rows(s.database, Lane)} <= {USER_ID}
    assert len([row for row in s.conversations() if not row.closed_at]) == 1


def test_what_waits_keeps_its_order_through_a_join(stage: MakeStage) -> None:
    s = stage(counting)
    two_who_are_one(s)
    for number in range(4):
        writes(s, (USER_ID, NUMBER)[number % 2], f"w{number}")
    writes(s, NUMBER, "both", USER_ID)
    writes(s, USER_ID, "after")
    s.plays()
    heard = [row.body for row in rows(s.database, Message) if row.direction == "inbound"]
    assert heard[2:] == ["w0", "w1", "w2", "w3", "both", "after"]
    assert s.conversations()[1].data["heard"][1:] == heard[2:]


@pytest.mark.parametrize("running", [USER_ID, NUMBER])
def test_a_running_turn_is_run_again_after_a_join(stage: MakeStage, running: str) -> None:
    runs: list[str] = []

    def noting(turn: Turn) -> None:
        runs.append(turn.message.text)
        counting(turn)

    s = stage(noting)
    two_who_are_one(s)
    writes(s, running, "running")
    batch = claim(s.database, 8)
    runner = TurnRunner(s.runtime.bot, "post", lambda *_: ())
    turns = [runner.run(work, s.clock()) for work in batch.works]
    writes(s, NUMBER, "both", USER_ID)
    s.converse()
    record(s.database, batch.token, turns, lambda: False, runner.failed)
    s.plays()
    assert runs[2:] == ["running", "running", "both"]
    bodies = [row.body for row in rows(s.database, Message) if row.direction == "inbound"]
    assert bodies == ["u1", "n1", "running", "both"]
    the_contact(s)


def test_replies_that_wait_go_out_after_a_join(stage: MakeStage) -> None:
    s = stage(counting)
    two_who_are_one(s)
    writes(s, USER_ID, "u2")
    writes(s, NUMBER, "n2")
    s.converse()
    writes(s, NUMBER, "both", USER_ID)
    s.plays()
    bodies = [body for _, _, body in sent(s)]
    assert bodies == [row.body for row in s.outbound()]
    assert sorted(bodies[2:]) == ["2: n2", "2: u2", "3: both"]
    assert {row.status for row in s.outbound()} == {"accepted"}


def test_a_message_in_flight_is_not_overtaken_after_a_join(stage: MakeStage) -> None:
    post = Post()
    s = stage(counting, post)
    two_who_are_one(s)
    writes(s, USER_ID, "u2")
    s.converse()
    seen: list[Sequence[str]] = []

    def join_meanwhile(_: object) -> None:
        post.on_send = lambda _: None
        writes(s, NUMBER, "both", USER_ID)
        s.converse()
        s.dispatch()
        seen.append(post.bodies)

    post.on_send = join_meanwhile
    s.dispatch()
    # While the provider has one message of the contact, no other one is sent.
    assert seen == [["1: u1", "1: n1", "2: u2"]]
    s.clock.pass_by(16)
    s.dispatch()
    assert post.bodies == ["1: u1", "1: n1", "2: u2", "3: both"]
    assert {row.status for row in s.outbound()} == {"accepted"}


def test_timers_of_both_go_on_after_a_join(stage: MakeStage) -> None:
    bot = Bot("tester", start="start", loop_guard=None)

    @bot.awaits("start", to=["late"])
    def start(turn: Turn) -> None:
        if turn.message.text == "n1":
            turn.remind(timedelta(seconds=10), "late")

    @bot.sends("late", then="start")
    def late(turn: Turn) -> None:
        turn.say("reminded")

    s = stage(bot)
    two_who_are_one(s)
    writes(s, NUMBER, "both", USER_ID)
    s.plays()
    s.ticks(20)
    s.plays()
    assert [body for _, _, body in sent(s)] == ["reminded"]


def test_contacts_of_an_earlier_release_are_joined_when_they_write(stage: MakeStage) -> None:
    """Before, each form of a number was a contact."""
    s = stage(counting)
    for number in (OTHER, TODAY):
        s.hears("before", number)
        s.plays()
        s.clock.pass_by(1)
    assert len(rows(s.database, Contact)) == 2
    writes(s, TODAY, "now")
    s.plays()
    row = the_contact(s)
    assert row.key == OTHER
    writes(s, OTHER, "other")
    s.plays()
    assert [body for _, _, body in sent(s)] == ["1: before", "1: before", "2: now", "3: other"]


def test_another_contact_is_left_alone(stage: MakeStage) -> None:
    s = stage(counting)
    two_who_are_one(s)
    s.hears("other", BOB)
    writes(s, NUMBER, "both", USER_ID)
    s.plays()
    with s.database.read() as connection:
        keys = set(connection.execute(select(Contact.key)).scalars())
    assert keys == {USER_ID, BOB}
