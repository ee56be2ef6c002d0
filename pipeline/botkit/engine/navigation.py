"""Navigates in one turn: follows what handlers return from state to state."""

from collections.abc import Callable, Iterable
from typing import Any

from pipeline.botkit.data import check_value
from pipeline.botkit.definition import RETURN_A_NAME, Definition, Handler, Nudge, State
from pipeline.botkit.engine.calling import Caller, FollowedBy
from pipeline.botkit.engine.memory import MOST_CALLS, Memory
from pipeline.botkit.engine.questions import Questions
from pipeline.botkit.turn import Jump, Turn
from pipeline.conversation.memory import Calls
from pipeline.conversation.turns import Step, Via
from pipeline.errors import BotError

MOST_SENDS = 20


class Navigator:
    """The steps of one turn. `has_result`: a flow returned a value in this turn."""

    __slots__ = (
        "_began_in", "_began_with", "_caller", "_definition", "_entered_by", "_memory",
        "_questions", "_turn", "_went_back", "has_result", "steps",
    )  # fmt: skip

    def __init__(
        self, definition: Definition, memory: Memory, caller: Caller, ask: Questions, turn: Any
    ) -> None:
        self._definition = definition
        self._memory = memory
        self._caller = caller
        self._questions = ask
        self._turn: Turn[Any] = turn
        self._began_in = ""
        self._began_with: Calls = []
        self._entered_by = ""
        self._went_back = False
        self.has_result = False
        self.steps: list[Step] = []

    def begin(self, state: State | None) -> None:
        """Start the turn in this state, or None for one that is not in the code."""
        memory, definition = self._memory, self._definition
        if definition.renames and memory.calls:
            memory.calls = [[definition.known_flow(flow), then] for flow, then in memory.calls]
        if state is not None:
            self.step(state, "renamed")
        self._began_in = self._caller.pending.state
        self._began_with = list(memory.calls)

    def step(self, target: State, via: Via) -> None:
        """Move to a state without running anything in it."""
        pending = self._caller.pending
        if target.name != pending.state:
            self.steps.append(Step(pending.state, target.name, via))
            pending.state = target.name
            if via != "renamed":
                self._memory.tries = 0
        if self._memory.calls:
            self._memory.leave_flows(target.name)

    def move(self, handler: Handler, result: object, via: Via) -> None:
        """Move to what a handler returned and enter it; None stays."""
        if result is not None:
            target, via = self._target(handler, result, via)
            self.step(target, via)
            self.enter(target)

    def enter(self, state: State) -> None:
        """Run SEND-states from `state` on, then the entry action of the AWAIT-state after them."""
        passed = [state.name]
        self._entered_by = state.name
        while True:
            self._memory.is_new = False
            # One that says nothing is gone back to through what led to it.
            if state.has_entry_action:
                self._entered_by = state.name
            run = self._run_send_state if state.sort == "send" else self._run_entry_action
            target, via = run(state)
            if target is None:
                return
            if len(passed) > MOST_SENDS:
                raise self._caller.error(_endless(passed))
            self.step(target, via)
            passed.append(target.name)
            state = target

    def _run_send_state(self, state: State) -> tuple[State | None, Via]:
        following = FollowedBy(state.function, self._then_of(state))
        result = self._caller.call(state, following.call, self._turn)
        if result is None:  # it ended the conversation, or a middleware stays here
            return None, "then"
        if following.is_followed and result == state.then:
            return self._find(state, state.then, f"then={state.then!r}"), "then"
        return self._target(state, result, "return")

    def _then_of(self, state: State) -> Callable[[], object]:
        """What follows a SEND-state whose function returned None."""

        def then() -> object:
            if self._caller.pending.is_ended:  # no more replies after the goodbye
                return None
            if state.then is None:
                raise self._caller.error(
                    "a SEND-state without then= must return the next state or call turn.end()"
                )
            return state.then

        return then

    def _run_entry_action(self, state: State) -> tuple[State | None, Via]:
        self._memory.tries = 0
        if state.entry is None:
            return None, "return"
        following = self._questions.say(state, state.entry)
        if following is not None:
            return self._target(state, following, "return")
        # A middleware answered instead: the contact's next message enters the state.
        self._memory.is_new = self._questions.is_unsaid
        return None, "return"

    def nudge(self, state: State, nudge: Nudge) -> None:
        """Say the nudge of a state; a middleware may move to another one."""
        self.move(state, self._questions.say(state, nudge.content), "return")

    def _target(self, handler: Handler, result: object, via: Via) -> tuple[State, Via]:
        if isinstance(result, Jump):
            if result.kind == "call":
                return self._enter_flow(handler, result), "call"
            return (
                (self._go_back(), "back")
                if result.kind == "back"
                else self._leave_flow(handler, result)
            )
        target = self._find(handler, result, f"returned {result!r}")
        if via != "give_up":
            self._check_allowed(handler, target.name, result)
        return target, via

    def _find(self, handler: Handler, name: object, what: str) -> State:
        known = self._definition.resolve(name, handler.flow)
        if known is None:
            wrong = (
                f"{what}, which is not a state; the states are {self._definition.list_states(name)}"
            )
            raise self._caller.error(
                wrong if isinstance(name, str) else f"{wrong}; {RETURN_A_NAME}"
            )
        return self._definition.states[known]

    def _check_allowed(self, handler: Handler, target: str, result: object) -> None:
        allowed = handler.to if isinstance(handler, State) else None
        if allowed is not None and target not in (*allowed, handler.name):
            raise self._caller.error(f"returned {result!r}; its to= allows {_list(allowed)}")

    def _enter_flow(self, handler: Handler, jump: Jump) -> State:
        start = self._definition.flows[jump.flow]
        allowed = handler.to if isinstance(handler, State) else None
        if allowed is not None and jump.flow not in allowed and start not in allowed:
            raise self._caller.error(f"calls {jump.flow!r}; its to= allows {_list(allowed)}")
        if len(self._memory.calls) >= MOST_CALLS:
            raise self._caller.error(f"more than {MOST_CALLS} flows call each other; return first")
        self._memory.calls.append([jump.flow, jump.then])
        if start not in self._definition.states:
            raise self._caller.error(
                f"the flow {jump.flow!r} starts in {start!r}, which is not a state"
            )
        return self._definition.states[start]

    def _leave_flow(self, handler: Handler, jump: Jump) -> tuple[State, Via]:
        calls = self._memory.calls
        if not calls or calls[-1][0] != handler.flow:
            raise self._caller.error(
                "turn.done() outside a call, so it leads nowhere; enter these states with "
                f'turn.call({handler.flow or "a flow"}, then="...")'
            )
        _, then = calls.pop()
        try:
            self._caller.pending.result = check_value(jump.value, "the value of turn.done()")
        except BotError as failure:
            raise self._caller.error(str(failure)) from failure
        self.has_result = True
        target = self._definition.known(then)
        if target is None:
            raise self._caller.error(
                f"turn.done() leads to {then!r}, which is not a state any more; add bot.renamed()"
            )
        return target, "done"

    def _go_back(self) -> State:
        """The AWAIT-state before this one, or the SEND-state that led to it; else this one."""
        self._definition.keeps_trail = self._went_back = True
        trail, here = self._memory.trail, self._caller.pending.state
        if trail and here == self._began_in:
            trail.pop()  # the present state
        while trail:
            entered_by, calls = trail.pop()
            if target := self._definition.known(entered_by):
                self._memory.calls = [list(call) for call in calls]
                return target
        states = self._definition.states
        # From a state that is not in the code, only the start is left.
        return states.get(self._began_in) or states.get(here) or states[self._definition.start]

    def update_trail(self) -> None:
        """Remember the state for `turn.back()`, in bots that use it."""
        definition, state = self._definition, self._caller.pending.state
        if not definition.keeps_trail or (state == self._began_in and not self._went_back):
            return
        if not self._memory.trail and not self._went_back:
            self._memory.trail.append((self._began_in, self._began_with))
        self._memory.remember(self._entered_by or state)


def _endless(passed: list[str]) -> str:
    return f"more than {MOST_SENDS} SEND-states in one turn: {' > '.join(passed)}"


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
