"""Unknown outcomes: settled by a callback, by the provider's list, or by a second sending."""

import pytest

from pipeline.botkit import Turn
from pipeline.errors import OutcomeUnknown
from pipeline.messages import Accepted, Outbound
from pipeline.providers.base import Found
from tests.pipeline.conftest import MakeStage
from tests.provider_for_tests import Post
from tests.stage import Stage


def twice(turn: Turn) -> None:
    turn.say("a", "b")


def unknown(make: MakeStage, *answers: Accepted) -> tuple[Stage, Post]:
    """A stage where the first sending timed out."""
    post = Post(OutcomeUnknown("Timed out.", code=""), *answers)
    s = make(twice, post)
    s.hears("hi")
    s.plays()
    assert s.outbound()[0].status == "unknown"
    return s, post


def found(s: Stage, provider_id: str) -> Found:
    return Found(provider_id, "queued", s.clock())


def test_unknown_holds_its_lane_and_waits_for_a_look(stage: MakeStage) -> None:
    s, post = unknown(stage)
    s.clock.pass_by(14.9)
    s.dispatch()
    assert (post.bodies, post.looked_for) == (["a"], [])


def test_found_message_is_accepted(stage: MakeStage) -> None:
    s, post = unknown(stage)
    started = s.outbound()[0].attempted_at
    post.has = [found(s, "SM-found")]
    s.clock.pass_by(15)
    s.dispatch()
    first, second = s.outbound()
    assert (first.status, first.provider_id, first.resends) == ("accepted", "SM-found", 0)
    assert (second.status, post.bodies) == ("accepted", ["a", "b"])
    ((message_id, since),) = post.looked_for
    assert message_id == str(first.public_id)
    assert (started - since).total_seconds() == 5


def test_not_found_twice_is_sent_again_and_counted(stage: MakeStage) -> None:
    s, post = unknown(stage)
    s.clock.pass_by(15)
    s.dispatch()
    assert (len(post.looked_for), post.bodies) == (1, ["a"])
    s.clock.pass_by(20)
    s.dispatch()
    assert (len(post.looked_for), post.bodies) == (2, ["a", "a", "b"])
    assert [row.resends for row in s.outbound()] == [1, 0]
    assert [o.attempt for o in post.sent] == [1, 2, 1]


def test_list_that_cannot_be_had_ends_in_90_seconds(stage: MakeStage) -> None:
    s, post = unknown(stage)
    post.has = None
    for _ in range(9):
        s.clock.pass_by(10)
        s.dispatch()
    assert post.bodies == ["a", "a", "b"]
    assert s.outbound()[0].resends == 1


def test_message_of_somebody_else_is_not_ours(stage: MakeStage) -> None:
    s, post = unknown(stage)
    s.hears("hi", "+14155550900")
    s.plays()
    taken = s.outbound()[2].provider_id
    post.has = [found(s, taken)]
    s.clock.pass_by(15)
    s.dispatch()
    assert s.outbound()[0].status == "unknown"


def test_earliest_candidate_is_taken(stage: MakeStage) -> None:
    s, post = unknown(stage)
    post.has = [found(s, "SM-newer"), found(s, "SM-older")]
    s.clock.pass_by(15)
    s.dispatch()
    assert s.outbound()[0].provider_id == "SM-older"


@pytest.mark.parametrize("status", ["queued", "sent", "delivered", "teleported"])
def test_callback_settles_it_at_once(stage: MakeStage, status: str) -> None:
    s, post = unknown(stage)
    first = s.outbound()[0]
    s.gets("SM-called", status, message_id=str(first.public_id), attempt=1)
    s.dispatch()
    first = s.outbound()[0]
    expected = status if status in {"sent", "delivered"} else "accepted"
    assert (first.status, first.provider_id) == (expected, "SM-called")
    assert post.bodies == ["a", "b"]
    s.clock.pass_by(120)
    s.dispatch()
    assert post.bodies == ["a", "b"]


def test_callback_quicker_than_the_answer(stage: MakeStage) -> None:
    def call_back(outbound: Outbound) -> None:
        post.on_send = lambda _: None
        s.gets("SM1", "delivered", message_id=outbound.message_id, attempt=1)
        s.dispatch()

    post = Post(Accepted("SM1"))
    post.on_send = call_back
    s = stage(twice, post)
    s.hears("hi")
    s.plays()
    assert [row.status for row in s.outbound()] == ["delivered", "accepted"]
    assert post.bodies == ["a", "b"]


def test_second_sending_of_a_message_that_had_arrived(stage: MakeStage) -> None:
    s, _ = unknown(stage, Accepted("SM-second"))
    for seconds in (15, 20):
        s.clock.pass_by(seconds)
        s.dispatch()
    first = s.outbound()[0]
    assert (first.provider_id, first.resends) == ("SM-second", 1)
    s.gets("SM-first", "delivered", message_id=str(first.public_id), attempt=1)
    s.dispatch()
    assert s.outbound()[0].provider_id == "SM-second"
