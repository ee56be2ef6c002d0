"""Runs a bot's functions for one turn and collects their requests in an Outcome."""

from dataclasses import replace
from typing import Any, NamedTuple

from pipeline.botkit.content.choices import normalize
from pipeline.botkit.data import check_json, copy_json
from pipeline.botkit.definition import Definition, Handler, State
from pipeline.botkit.engine.calling import Caller
from pipeline.botkit.engine.memory import load_memory
from pipeline.botkit.engine.navigation import Navigator
from pipeline.botkit.engine.questions import Questions
from pipeline.botkit.situation import Situation, TurnError
from pipeline.botkit.turn import PendingOutcome, Turn
from pipeline.conversation.attributes import AttributeChanges, compare
from pipeline.conversation.turns import Choice, Entered, Nudged, Outcome, Received, Reminded, Via
from pipeline.enums import MessageKind
from pipeline.errors import BotError, NotUnderstood, TargetGone
from pipeline.jsons import JsonObject


def respond(definition: Definition, situation: Situation) -> Outcome:
    """The outcome of a turn. Raises BotError that names the bot, the state and the line."""
    run = _Run(definition, situation)
    run.go()
    return run.outcome()


class Recovery(NamedTuple):
    """What `on_error` wants after a failed turn; where it `is_settled`, the turn is over."""

    outcome: Outcome
    is_settled: bool


def recover(definition: Definition, situation: Situation, error: TurnError) -> Recovery | None:
    """What the bot's `on_error` makes of a failed turn; None where it has none or says nothing.

    Raises BotError if it fails itself.
    """
    if definition.on_error is None:
        return None
    return _Run(definition, situation).recover(definition.on_error, error)


class _Run:
    __slots__ = (
        "_caller", "_definition", "_is_unknown", "_memory", "_navigator", "_pending",
        "_questions", "_situation", "_turn",
    )  # fmt: skip

    def __init__(self, definition: Definition, situation: Situation) -> None:
        self._definition = definition
        self._situation = situation
        self._pending = pending = PendingOutcome(situation.state)
        self._memory = memory = load_memory(situation.memory)
        self._caller = caller = Caller(definition, pending)
        self._turn: Turn[Any] = Turn(situation, pending, self._load_data(), definition)
        self._questions = Questions(definition, memory, caller, self._turn)
        self._navigator = Navigator(definition, memory, caller, self._questions, self._turn)
        self._is_unknown = False
        if situation.memory:
            pending.result = situation.memory.get("result")

    def _load_data(self) -> Any:
        schema = self._definition.schema
        if schema is None:
            return copy_json(self._situation.data) if self._situation.data else {}
        try:
            return schema.load(self._situation.data)
        except Exception as failure:
            said = str(failure) if isinstance(failure, BotError) else f"migrate=: {failure!r}"
            raise self._caller.error(said) from failure

    def go(self) -> None:
        cause = self._situation.cause
        state = self._definition.known(self._situation.state)
        self._is_unknown = state is None
        self._navigator.begin(state)
        if isinstance(cause, Received):
            self._receive(state)
        elif isinstance(cause, Reminded):
            self._remind(cause.to)
        elif isinstance(cause, Entered) and state is not None:
            self._navigator.enter(state)
        elif isinstance(cause, Nudged) and state is not None and state.nudge is not None:
            self._navigator.nudge(state, state.nudge)

    def recover(self, handler: Handler, error: TurnError) -> Recovery | None:
        """Run `on_error`; what it said for this turn before is not said again."""
        situation, pending = self._situation, self._pending
        state = self._definition.known(situation.state)
        self._is_unknown = state is None
        self._navigator.begin(state)
        try:
            result = self._caller.ask_plainly(handler, handler.function, self._turn, error)
        except NotUnderstood as failure:
            raise self._caller.error(f"raised {failure!r}") from failure
        key = situation.idempotency_key
        before = self._memory.said_for(key)
        pending.replies = [reply for reply in pending.replies if reply.body not in before]
        if result is not None or pending.hand_over or pending.is_ended:
            self._navigator.move(handler, result, "error")
            return Recovery(self.outcome(), is_settled=True)
        if not pending.replies:
            return None
        said = [*before, *(reply.body for reply in pending.replies)]
        # The failed turn is still to come, so that nothing else of the memory changes.
        memory = {**situation.memory, "apology": [key, said]}
        return Recovery(replace(self.outcome(), memory=memory, keeps_timers=True), is_settled=False)

    def _receive(self, state: State | None) -> None:
        if self._is_loop():
            return
        definition = self._definition
        if self._turn.message.kind == MessageKind.REACTION:
            if definition.on_reaction is not None:
                self._run_handler(definition.on_reaction, "reaction")
            return
        commands = definition.commands
        command = commands.get(normalize(self._turn.message.text)) if commands else None
        if command is not None:
            self._run_handler(command, "command")
        elif state is None:
            self._fall_back()
        elif self._memory.is_new and state.entry is not None:
            self._navigator.enter(state)
        else:
            self._answer(state)

    def _is_loop(self) -> bool:
        """Whether the contact seems to be another bot; the conversation is handed over then."""
        guard, at = self._definition.loop_guard, self._situation.received_at
        if guard is None or at is None:
            return False
        if not self._memory.is_too_fast(at, self._situation.last_received_at, guard):
            return False
        self._pending.hand_over = (
            f"More than {guard[0]} messages arrived within {guard[1].total_seconds():g} s, as from "
            "another bot. This bot is paused until you hand the conversation back."
        )
        return True

    def _answer(self, state: State) -> None:
        self._memory.is_new = False
        if state.sort == "send":  # the start state, or one that an operator has just set
            self._navigator.enter(state)
        elif state.question is not None:
            if (asked := self._questions.accept_answer(state, state.question)) is not None:
                self._navigator.move(state, *asked)
        else:
            self._run_handler(state, "return")

    def _run_handler(self, handler: Handler, via: Via) -> bool:
        """Run a handler and move to what it returns; whether it returned a state."""
        try:
            result = self._caller.ask(handler, handler.function, self._turn)
        except NotUnderstood as unclear:
            self._turn.say(str(unclear))
            return False
        self._navigator.move(handler, result, via)
        return result is not None

    def _fall_back(self) -> None:
        """Answer a contact whose stored state is not in the code."""
        fallback = self._definition.fallback
        if fallback is not None and self._run_handler(fallback, "fallback"):
            return
        start = self._start()
        self._navigator.step(start, "fallback")
        if not self._pending.replies:
            if start.has_entry_action:
                self._navigator.enter(start)
            else:
                self._answer(start)

    def _remind(self, to: str) -> None:
        target = self._definition.known(to)
        if target is None:  # older code set this timer
            what = (
                f"a timer leads to the state {to!r}, which the bot lacks; add it, or name its "
                f"successor with bot.renamed({to!r}, …)"
            )
            raise self._caller.error(what, kind=TargetGone)
        self._navigator.step(target, "fallback" if self._is_unknown else "timeout")
        self._navigator.enter(target)

    def _start(self) -> State:
        start = self._definition.known(self._definition.start)
        if start is None:
            raise self._caller.error(
                f"start={self._definition.start!r} is not a state"
                f"; the states are {self._definition.list_states(self._definition.start)}"
            )
        return start

    def outcome(self) -> Outcome:
        pending = self._pending
        state = None if pending.is_ended else self._definition.states.get(pending.state)
        is_nudge = isinstance(self._situation.cause, Nudged)
        has_stayed = not (self._navigator.steps or pending.is_ended or pending.hand_over)
        return Outcome(
            state=pending.state,
            data=self._data(),
            steps=tuple(self._navigator.steps),
            replies=tuple(pending.replies),
            reminders=() if pending.is_ended else tuple(pending.reminders),
            choices=self._choices(),
            timeout=None if state is None else state.deadline,
            hand_over=pending.hand_over,
            is_ended=pending.is_ended,
            is_unknown_state=self._is_unknown,
            opts_out=pending.opts_out,
            memory={} if pending.is_ended else self._stored_memory(is_nudge),
            nudge=state.nudge.after if state and state.nudge else None,
            keeps_timers=is_nudge and has_stayed,
            attributes=self._attributes(),
        )

    def _attributes(self) -> AttributeChanges:
        before, after = self._situation.contact.attributes, self._turn.contact.attributes
        if not before and not after:
            return {}
        try:
            return compare(before, check_json(after, "turn.contact.attributes"))
        except BotError as failure:
            raise self._caller.error(str(failure)) from failure

    def _stored_memory(self, is_nudge: bool) -> JsonObject:
        self._navigator.update_trail()
        keeps_result = self._navigator.has_result or is_nudge
        return self._memory.as_json(self._pending.result if keeps_result else None)

    def _data(self) -> JsonObject:
        schema = self._definition.schema
        try:
            if schema is None:
                return check_json(self._turn.data)
            return schema.unknown(self._situation.data) | schema.dump(self._turn.data)
        except BotError as failure:
            raise self._caller.error(str(failure)) from failure

    def _choices(self) -> tuple[Choice, ...]:
        """The choices just offered, else the old ones if the state has not changed."""
        if self._pending.is_ended:
            return ()
        if self._pending.choices is not None:
            return self._pending.choices
        has_moved = any(step.via != "renamed" for step in self._navigator.steps)
        return () if has_moved else self._situation.choices
