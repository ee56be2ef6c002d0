"""The steps in any order that hypothesis likes: three contacts, several workers of each kind."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import hypothesis.strategies as st
from hypothesis import event
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    initialize,
    multiple,
    precondition,
    rule,
)

from tests.model import inbound, operating, outbound
from tests.model.counting_bot import WORDS
from tests.model.draining import drain
from tests.model.outbound import STATUSES, SendFlight
from tests.model.post_office import OUTCOMES
from tests.model.world import CONSENTS, PEOPLE, TurnFlight, World

people = st.sampled_from(PEOPLE)
# Most of what people say is plain, so that lanes go on.
words = st.sampled_from([*["say"] * 14, *WORDS, *CONSENTS])
said = st.lists(st.tuples(people, words), min_size=1, max_size=4)


def act_of(verb: Callable[..., Any], *values: Any) -> Callable[[World, str], None]:
    """An operator's act on one contact's talk."""
    return lambda world, who: verb(world, who, *values)


acts = {
    "resting": act_of(operating.change_state, "resting"),
    "nag": act_of(operating.change_state, "nag"),
    "hold": act_of(operating.hold),
    "hold a minute": act_of(operating.hold, 1),
    "give back": operating.give_back,
    "write": operating.write,
    "end": operating.end,
}


class Traffic(RuleBasedStateMachine):
    """`make` gives each run its world; `reached` counts the corners of all runs.

    A run goes without some of the rules (that is hypothesis' way), so the work that must go on is
    in several of them: step by step, and all at once.
    """

    make: Callable[[], World]
    reached: Counter[str]
    turns: Bundle[TurnFlight] = Bundle("turns")
    sends: Bundle[SendFlight] = Bundle("sends")

    def __init__(self) -> None:
        super().__init__()
        self.world = type(self).make()

    def teardown(self) -> None:
        try:
            drain(self.world)
        finally:
            for corner in self.world.reached:
                event(corner)
            self.reached.update(self.world.reached)
            self.world.close()

    @initialize(known=st.sets(people))
    def begin_with(self, known: set[str]) -> None:
        """Some have talked with us before."""
        if known:
            inbound.receive(self.world, *((who, "say") for who in sorted(known)))
            inbound.take_all_turns(self.world)

    @rule(said=said, with_guilty=st.sampled_from([False] * 4 + [True]))
    def receive(self, said: list[tuple[str, str]], with_guilty: bool) -> None:
        inbound.receive(self.world, *said, with_guilty=with_guilty)

    @precondition(lambda self: self.world.acked)
    @rule(data=st.data())
    def receive_again(self, data: st.DataObject) -> None:
        inbound.receive_again(self.world, data.draw(st.sampled_from(self.world.acked)))

    @rule(target=turns, limit=st.integers(1, 4), is_run=st.booleans(), settles=st.booleans())
    def claim_turns(self, limit: int, is_run: bool, settles: bool) -> MultipleResults[TurnFlight]:
        if settles:
            inbound.settle(self.world)
        flight = inbound.claim_turns(self.world, limit)
        if flight and is_run:
            inbound.run(self.world, flight)
        return multiple(*([flight] if flight else []))

    @rule(target=turns, said=said)
    def receive_and_claim(self, said: list[tuple[str, str]]) -> MultipleResults[TurnFlight]:
        inbound.receive(self.world, *said)
        flight = inbound.claim_turns(self.world, also_expired=False)
        return multiple(*([flight] if flight else []))

    @rule(flight=turns, is_renewed=st.booleans())
    def go_on(self, flight: TurnFlight, is_renewed: bool) -> None:
        inbound.run(self.world, flight)
        if is_renewed:
            inbound.renew(self.world, flight)

    @rule(flight=turns, act=st.sampled_from(sorted(acts)))
    def interfere(self, flight: TurnFlight, act: str) -> None:
        """An operator acts on a talk whose turn is in a worker's hands."""
        inbound.run(self.world, flight)
        acts[act](self.world, flight.batch.works[0].key)

    @rule(target=turns, flight=turns)
    def overtake(self, flight: TurnFlight) -> MultipleResults[TurnFlight]:
        """A worker stalls until its lease is over, and another takes its place."""
        inbound.run(self.world, flight)
        self.world.passes(16)
        other = inbound.claim_turns(self.world)
        return multiple(*([other] if other else []))

    @rule(flight=consumes(turns), most=st.sampled_from([99, 99, 99, 1, 0]))
    def finish_turns(self, flight: TurnFlight, most: int) -> None:
        """Recorded, or in part; with 0 its worker dies, and its leases stay until they end."""
        if most:
            inbound.record_turns(self.world, flight, most)

    @rule()
    def converse(self) -> None:
        inbound.take_all_turns(self.world)

    @rule(target=sends, limit=st.integers(1, 4), merges=st.booleans())
    def claim_sends(self, limit: int, merges: bool) -> MultipleResults[SendFlight]:
        if merges:
            outbound.merge(self.world)
        return multiple(*outbound.claim_sends(self.world, limit))

    @rule(target=sends)
    def converse_and_claim(self) -> MultipleResults[SendFlight]:
        inbound.take_all_turns(self.world)
        return multiple(*outbound.claim_sends(self.world))

    @rule(flight=sends, outcome=st.sampled_from(["begins", "takes", "takes", *OUTCOMES]))
    def call(self, flight: SendFlight, outcome: str) -> None:
        if outcome == "begins":
            outbound.begin(self.world, flight)
        else:
            outbound.call(self.world, flight, outcome)

    @rule(target=sends, flight=sends, outcome=st.sampled_from(OUTCOMES))
    def overtake_send(self, flight: SendFlight, outcome: str) -> MultipleResults[SendFlight]:
        """A sender stalls with its answer until its lease is over."""
        outbound.call(self.world, flight, outcome)
        self.world.passes(16)
        outbound.claim_sends(self.world)
        return multiple(*outbound.claim_sends(self.world))

    @rule(is_blind=st.booleans())
    def settle_unknowns(self, is_blind: bool) -> None:
        """A minute and a half, in which the provider's list may be away."""
        self.world.post.is_blind = is_blind
        for seconds in (16, 21, 21, 25):
            self.world.passes(seconds)
            outbound.send_all(self.world)

    @rule(flight=consumes(sends), is_dead=st.sampled_from([False, False, True]))
    def finish_send(self, flight: SendFlight, is_dead: bool) -> None:
        """Recorded, however late; or nobody hears what came of it."""
        if not is_dead:
            outbound.record_send(self.world, flight)

    @precondition(lambda self: self.world.post.takes)
    @rule(data=st.data(), statuses=st.lists(st.sampled_from(STATUSES), min_size=1, max_size=3))
    def call_back(self, data: st.DataObject, statuses: list[str]) -> None:
        take = data.draw(st.sampled_from(self.world.post.takes))
        for status in statuses:
            outbound.call_back(self.world, take, status)
            outbound.merge(self.world)

    @rule(seconds=st.sampled_from([0.5, 3, 16, 61]), sweeps=st.booleans())
    def pass_by(self, seconds: float, sweeps: bool) -> None:
        self.world.passes(seconds)
        if sweeps:
            inbound.move_timers(self.world)
            outbound.reconsider(self.world)

    @rule(is_ill=st.booleans(), is_blind=st.booleans(), prunes=st.booleans())
    def weather(self, is_ill: bool, is_blind: bool, prunes: bool) -> None:
        """Services that the bot and the dispatchers need come and go; old keys are forgotten."""
        self.world.health.is_ill, self.world.post.is_blind = is_ill, is_blind
        if prunes:
            inbound.prune(self.world, timedelta(seconds=30))

    @rule(who=people, act=st.sampled_from(sorted(acts)))
    def operate(self, who: str, act: str) -> None:
        acts[act](self.world, who)

    @rule(is_rerun=st.booleans())
    def see_to_parked(self, is_rerun: bool) -> None:
        operating.see_to_parked(self.world, is_rerun=is_rerun)
