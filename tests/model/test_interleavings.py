"""The known corners, walked to by hand on both databases; every promise is looked at on the way."""

import pytest

from tests.model import inbound, operating, outbound
from tests.model.draining import drain
from tests.model.inbound import claim_turns, record_turns
from tests.model.outbound import call, call_back, claim_sends, record_send
from tests.model.world import CAROL, TurnFlight, World
from tests.stage import ADA, BOB


def claimed(world: World, limit: int = 4) -> TurnFlight:
    flight = claim_turns(world, limit)
    assert flight
    return flight


def hears(world: World, text: str, contact: str = ADA) -> None:
    """A message whose turn is taken and whose replies are sent at once."""
    inbound.receive(world, (contact, text))
    inbound.take_all_turns(world)
    outbound.send_all(world)


def bodies(world: World) -> list[str]:
    """What the provider took of the bot's words, in its order."""
    return [take.outbound.body for take in world.post.takes]


def answers(world: World) -> list[str]:
    """Those to what contacts wrote."""
    return [body for body in bodies(world) if "nag" not in body]


def statuses(world: World) -> list[str]:
    """What became of what contacts wrote."""
    entries = world.current.entries.values()
    return [entry.status for entry in entries if entry.kind != "timer"]


def test_version_lost_to_an_operator(world: World) -> None:
    hears(world, "say")
    inbound.receive(world, (ADA, "three"))
    flight = claimed(world)
    inbound.run(world, flight)
    operating.change_state(world, ADA, "resting")
    record_turns(world, flight)
    assert statuses(world) == ["handled", "waiting"]
    drain(world)
    assert world.reached["a version lost to an operator"] == 1
    talk = world.current.open_talk(ADA)
    assert talk
    assert talk.state == "resting"
    assert len(bodies(world)) == 4


def test_message_on_its_way_when_a_state_is_set(world: World) -> None:
    """The state asks first; what was on its way is no answer to that."""
    hears(world, "say")
    inbound.receive(world, (ADA, "three"))
    operating.change_state(world, ADA, "nag")
    drain(world)
    assert bodies(world)[1:] == ["post::SMin2 nag 1 of 1"]
    assert statuses(world) == ["handled", "handled", "handled"]


def test_hold_during_a_turn(world: World) -> None:
    hears(world, "say")
    inbound.receive(world, (ADA, "say"))
    flight = claimed(world)
    inbound.run(world, flight)
    operating.hold(world, ADA)
    record_turns(world, flight)
    drain(world)
    assert len(bodies(world)) == 1


def test_two_first_messages_of_a_new_contact(world: World) -> None:
    inbound.receive(world, (ADA, "say"), (ADA, "three"))
    first = claimed(world)
    inbound.run(world, first)
    world.passes(16)
    second = claimed(world)
    record_turns(world, first)
    record_turns(world, second)
    drain(world)
    assert world.reached["two first messages of a new contact"] == 2
    assert len(world.current.people) == 1
    assert len(bodies(world)) == 4


def test_contact_made_by_its_stop_during_its_first_turn(world: World) -> None:
    inbound.receive(world, (ADA, "say"))
    flight = claimed(world)
    inbound.run(world, flight)
    inbound.receive(world, (ADA, "STOP"))
    inbound.settle(world)
    record_turns(world, flight)
    assert world.reached["a contact made by somebody else during its first turn"] == 1
    drain(world)
    (answer,) = bodies(world)
    assert answer.startswith("You will get no more messages")
    assert statuses(world) == ["handled", "handled"]


def test_timer_due_just_after_a_message(world: World) -> None:
    hears(world, "say")
    world.passes(59)
    inbound.receive(world, (ADA, "say"))
    world.passes(2)
    inbound.move_timers(world)
    assert world.reached["a timer due just after a message"] == 1
    drain(world)
    assert [body for body in bodies(world) if "nag" in body] == []
    world.passes(61)
    drain(world)
    assert len([body for body in bodies(world) if "nag" in body]) == 1


def test_result_that_comes_after_its_lease(world: World) -> None:
    inbound.receive(world, (ADA, "three"))
    inbound.take_all_turns(world)
    (late,) = claim_sends(world)
    call(world, late, "takes")
    world.passes(16)
    assert claim_sends(world) == []
    assert world.current.outbound[0].status == "unknown"
    record_send(world, late)
    assert world.current.outbound[0].status == "accepted"
    assert world.reached["a result that comes after its lease"] == 1
    drain(world)
    assert len(bodies(world)) == 3


def test_late_refusal_does_not_touch_a_second_sending(world: World) -> None:
    inbound.receive(world, (ADA, "say"))
    inbound.take_all_turns(world)
    (late,) = claim_sends(world)
    call(world, late, "busy")
    world.passes(16)
    assert claim_sends(world) == []
    for seconds in (0, 21):
        world.passes(seconds)
        (look,) = claim_sends(world)
        assert look.is_look_up
        record_send(world, look)
    (second,) = claim_sends(world)
    outbound.begin(world, second)
    record_send(world, late)
    world.passes(3)
    outbound.send_all(world)
    call(world, second, "takes")
    record_send(world, second)
    drain(world)
    assert len(answers(world)) == 1


def test_message_that_comes_while_its_lane_is_in_work(world: World) -> None:
    inbound.receive(world, (ADA, "say"))
    flight = claimed(world)
    inbound.receive(world, (ADA, "say"))
    assert claim_turns(world) is None
    record_turns(world, flight)
    drain(world)
    assert statuses(world) == ["handled", "handled"]


@pytest.mark.parametrize("word", ["poison", "unrecordable", "kill"])
def test_poison_message_beside_innocents(world: World, word: str) -> None:
    inbound.receive(world, (ADA, word), (BOB, "say"), (CAROL, "three"), (ADA, "say"))
    flight = claimed(world)
    assert len(flight.batch.works) == 3
    record_turns(world, flight)
    drain(world)
    assert statuses(world) == ["parked", "handled", "handled", "handled"]
    assert len(answers(world)) == 5


def test_nul_in_a_shared_insert(world: World) -> None:
    inbound.receive(world, (ADA, "say"), (BOB, "say"), with_guilty=True)
    assert len(world.acked) == 2
    drain(world)
    assert len(bodies(world)) == 2


def test_duplicate_after_its_row_was_handled(world: World) -> None:
    hears(world, "three")
    inbound.receive_again(world, world.acked[0])
    assert world.reached["a duplicate after its row was handled"] == 1
    drain(world)
    assert len(bodies(world)) == 3


def test_callbacks_in_any_order_and_doubled(world: World) -> None:
    inbound.receive(world, (ADA, "say"))
    inbound.take_all_turns(world)
    (flight,) = claim_sends(world)
    call(world, flight, "answer lost")
    (take,) = world.post.takes
    for status in ("read", "sent", "read", "delivered", "queued"):
        call_back(world, take, status)
        outbound.merge(world)
    record_send(world, flight)
    drain(world)
    assert [row.status for row in world.current.outbound] == ["read"]
    assert len(bodies(world)) == 1
