"""Sending: order within a contact, all contacts at once, and what each outcome leads to."""

import threading
import time
from datetime import timedelta

import pytest

from pipeline.botkit import Turn
from pipeline.dispatch.claim import LEASE, claim
from pipeline.dispatch.send import send
from pipeline.enums import Status
from pipeline.errors import (
    ContactOptedOut,
    MessageRefused,
    NotSent,
)
from pipeline.messages import Accepted, Outbound
from pipeline.records.core.contacts import Contact
from pipeline.records.core.messages import Message
from tests.builders import rows
from tests.pipeline.conftest import MakeStage
from tests.provider_for_tests import LIMITS, Post
from tests.stage import ADA, BOB, Stage


def thrice(turn: Turn) -> None:
    turn.say("a", "b", "c")


def statuses(s: Stage) -> list[str]:
    return [row.status for row in s.outbound()]


def test_reply_is_handed_over_once(stage: MakeStage) -> None:
    post = Post(Accepted("SM1", status=Status.SENT, segments=2))
    s = stage(None, post)
    s.hears("hi")
    s.plays()
    s.dispatch()
    (sent,) = post.sent
    (row,) = s.outbound()
    assert sent == Outbound(
        str(row.public_id), 1, "sms", ADA, "+15550100", "hi", content=row.content
    )
    assert (row.status, row.provider_id, row.segments, row.attempts) == ("sent", "SM1", 2, 1)
    assert row.settled_at == s.clock()
    assert set(row.status_times) == {"sent"}
    assert s.lane(direction="outbound").due_at is None


def test_replies_leave_in_the_order_said(stage: MakeStage) -> None:
    post = Post()
    s = stage(thrice, post)
    for contact in (ADA, BOB):
        s.hears("hi", contact)
        s.hears("more", contact)
    s.plays()
    for contact in (ADA, BOB):
        assert [o.body for o in post.sent if o.recipient == contact] == list("abcabc")


def test_contacts_are_served_in_parallel(stage: MakeStage) -> None:
    post = Post()
    together = threading.Barrier(8)

    def meet(_: Outbound) -> None:
        together.wait(5)

    post.on_send = meet
    s = stage(None, post)
    for number in range(8):
        s.hears("hi", f"+1415555060{number}")
    s.plays()
    assert statuses(s) == ["accepted"] * 8


def test_one_message_of_a_contact_is_in_flight(stage: MakeStage) -> None:
    flying: list[str] = []
    most: list[int] = []

    def fly(outbound: Outbound) -> None:
        flying.append(outbound.body)
        most.append(len(flying))
        flying.remove(outbound.body)

    post = Post()
    post.on_send = fly
    s = stage(thrice, post)
    s.hears("hi")
    s.converse()
    workers = [threading.Thread(target=s.dispatch) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert max(most) == 1
    assert post.bodies == list("abc")


def test_not_sent_is_tried_again_and_holds_the_lane(stage: MakeStage) -> None:
    post = Post(NotSent("Down.", code="503", retry_after=7))
    s = stage(thrice, post)
    s.hears("hi")
    s.plays()
    first = s.outbound()[0]
    assert (first.status, first.error, first.error_code) == ("queued", "Down.", "503")
    assert post.bodies == ["a"]
    due_in = s.lane(direction="outbound").due_at - s.clock()
    assert timedelta(seconds=7) <= due_in <= timedelta(seconds=300)
    s.clock.pass_by(due_in.total_seconds())
    s.dispatch()
    assert post.bodies == list("aabc")
    assert [o.attempt for o in post.sent] == [1, 2, 1, 1]
    assert (s.outbound()[0].status, s.outbound()[0].error) == ("accepted", "")
    assert [row.resends for row in s.outbound()] == [0, 0, 0]


def test_refused_message_fails_and_the_lane_goes_on(stage: MakeStage) -> None:
    post = Post(MessageRefused("Not a number.", code="21211"))
    s = stage(thrice, post)
    s.hears("hi")
    s.plays()
    assert statuses(s) == ["failed", "accepted", "accepted"]
    assert (s.outbound()[0].error, s.outbound()[0].error_code) == ("Not a number.", "21211")


def test_opted_out_answer_is_mirrored(stage: MakeStage) -> None:
    post = Post(ContactOptedOut("STOP.", code="21610"))
    s = stage(thrice, post)
    s.hears("hi")
    s.plays()
    assert statuses(s) == ["suppressed"] * 3
    assert post.bodies == ["a"]
    (contact,) = rows(s.database, Contact)
    assert set(contact.opt_outs) == {"sms +15550100"}


def test_surprise_in_the_provider_is_an_unknown_outcome(stage: MakeStage) -> None:
    def stumble(outbound: Outbound) -> None:
        raise RuntimeError(outbound.message_id)

    post = Post()
    post.on_send = stumble
    s = stage(None, post)
    s.hears("hi")
    s.plays()
    assert statuses(s) == ["unknown"]


def test_answer_after_a_lost_lease_is_recorded(stage: MakeStage) -> None:
    def stall(_: Outbound) -> None:
        post.on_send = lambda _: None
        s.clock.pass_by(LEASE.total_seconds())
        s.dispatch()  # another worker, which takes the message for unknown

    post = Post(Accepted("SM-late"))
    post.on_send = stall
    s = stage(None, post)
    s.hears("hi")
    s.plays()
    (row,) = s.outbound()
    assert (row.status, row.provider_id) == ("accepted", "SM-late")
    s.clock.pass_by(120)
    s.dispatch()
    assert len(post.sent) == 1


@pytest.mark.parametrize("error", [NotSent("Down."), MessageRefused("No.")])
def test_failure_after_a_lost_lease_is_not(stage: MakeStage, error: Exception) -> None:
    def stall(_: Outbound) -> None:
        post.on_send = lambda _: None
        s.clock.pass_by(LEASE.total_seconds())
        s.dispatch()

    post = Post(error)  # type: ignore[arg-type]  # both are SendErrors
    post.on_send = stall
    s = stage(None, post)
    s.hears("hi")
    s.plays()
    assert statuses(s) == ["unknown"]


def test_call_that_could_not_begin_in_time_is_not_made(stage: MakeStage) -> None:
    s = stage()
    s.hears("hi")
    s.converse()
    claimed = claim(s.database, 8, 0, LIMITS)
    sent = send(s.runtime.provider, claimed.to_send[0], claimed.claimed_at - 3600)
    assert isinstance(sent.result, NotSent)
    assert not sent.result.blames_sender
    assert s.runtime.provider.sent == []  # type: ignore[attr-defined]  # a Post


def test_message_waits_through_the_expiry_of_its_lease(stage: MakeStage) -> None:
    s = stage()
    s.hears("hi")
    s.converse()
    claim(s.database, 8, 0, LIMITS)  # its worker is killed in the call
    assert statuses(s) == ["sending"]
    s.clock.pass_by(LEASE.total_seconds())
    s.dispatch()
    assert statuses(s) == ["unknown"]


def test_turn_is_in_the_log_before_it_is_sent(stage: MakeStage) -> None:
    seen: list[str] = []
    post = Post()
    post.on_send = lambda _: seen.extend(row.status for row in rows(s.database, Message))
    s = stage(None, post)
    s.hears("hi")
    s.plays()
    assert seen == ["received", "sending"]


def test_id_given_twice_takes_no_other_answer_with_it(stage: MakeStage) -> None:
    post = Post(*(Accepted(sid) for sid in ("SM1", "SM1", "SM2", "SM3")))
    s = stage(None, post)
    for contact in (ADA, BOB, "+14155550601", "+14155550602"):
        s.hears("hi", contact)
    s.converse()
    began = time.monotonic()
    s.dispatch()
    assert time.monotonic() - began < 5
    # Nobody knows what became of one of the two: its lease runs out and it is looked up.
    assert sorted(statuses(s)) == ["accepted"] * 3 + ["sending"]
