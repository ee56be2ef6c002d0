"""Leads a bot's own functions through one turn and gathers what they asked for.

`Bot.respond` calls `respond`; the engine records the Outcome.
"""

import asyncio
from collections.abc import Iterable
from traceback import walk_tb
from types import CoroutineType
from typing import Any

from pipeline.botkit import loop
from pipeline.botkit.choices import Choice, plain
from pipeline.botkit.data import checked
from pipeline.botkit.definition import Definition, Handler, State, place
from pipeline.botkit.turn import Effects, Heard, Outcome, Reminded, Situation, Step, Turn, Via
from pipeline.errors import BotError

MOST_SENDS = 20


def respond(definition: Definition, situation: Situation) -> Outcome:
    """One turn; raises BotError that names the bot, the state and the author's line."""
    run = _Run(definition, situation)
    run.go()
    return run.outcome()


class _Run:
    __slots__ = (
        "_definition", "_effects", "_is_unknown", "_last", "_situation", "_steps", "_turn",
    )  # fmt: skip

    def __init__(self, definition: Definition, situation: Situation) -> None:
        self._definition = definition
        self._situation = situation
        self._effects = Effects(situation.state)
        self._turn = Turn(
            situation, self._effects, states=definition.states, hint=definition.choices_hint
        )
        self._steps: list[Step] = []
        self._last: Handler | None = None
        self._is_unknown = False

    def go(self) -> None:
        cause = self._situation.cause
        state = self._definition.known(self._situation.state)
        if state is None:
            self._is_unknown = True
        elif state.name != self._situation.state:
            self._step(state, "renamed")
        if isinstance(cause, Heard):
            self._hear(state)
        elif isinstance(cause, Reminded):
            self._remind(cause.to)
        elif state is not None:
            self._run_sends(state)

    def _hear(self, state: State | None) -> None:
        commands = self._definition.commands
        command = commands.get(plain(self._turn.message.text)) if commands else None
        if command is not None:
            self._move(self._call(command), "command")
        elif state is None:
            self._fall_back()
        else:
            self._answer(state)

    def _answer(self, state: State) -> None:
        if state.sort == "send":  # the start state, or one set by hand just now
            self._run_sends(state)
        else:
            self._move(self._allowed(state, self._call(state)), "return")

    def _fall_back(self) -> None:
        """The stored state is not in the code; the contact is answered all the same."""
        fallback = self._definition.fallback
        target = self._call(fallback) if fallback else None
        start = self._start()
        self._move(target, "fallback") if target else self._step(start, "fallback")
        if target is None and not self._effects.replies:
            self._answer(start)

    def _remind(self, to: str) -> None:
        target = self._definition.known(to)
        if target is None:  # armed by older code
            self._is_unknown = True
            self._move(self._start(), "fallback")
        else:
            self._move(target, "timeout")

    def _start(self) -> State:
        start = self._definition.known(self._definition.start)
        if start is None:
            raise self._fault(f"start={self._definition.start!r} is no state")
        return start

    def _move(self, target: State | None, via: Via) -> None:
        if target is not None:
            self._step(target, via)
            self._run_sends(target)

    def _step(self, target: State, via: Via) -> None:
        if target.name != self._effects.state:
            self._steps.append(Step(self._effects.state, target.name, via))
            self._effects.state = target.name

    def _run_sends(self, state: State) -> None:
        """Runs SEND-states from `state` on, until one is reached that awaits the contact."""
        passed = [state.name]
        while state.sort == "send":
            if len(passed) > MOST_SENDS:
                raise self._fault(_endless(passed))
            chosen = self._call(state)
            target = chosen or self._following(state)
            if target is None:
                return
            self._step(target, "return" if chosen else "then")
            passed.append(target.name)
            state = target

    def _following(self, state: State) -> State | None:
        if state.then is not None:
            return self._named(state.then, f"then={state.then!r}")
        if self._effects.is_ended:
            return None
        raise self._fault("a SEND-state without then= must return the next state or end() the talk")

    def _call(self, handler: Handler) -> State | None:
        self._last = handler
        try:
            result: object = handler.function(self._turn)
            if isinstance(result, CoroutineType):
                result = loop.run(result)
        except (Exception, asyncio.CancelledError) as failure:
            said = str(failure) if isinstance(failure, BotError) else _told(failure)
            raise self._fault(said, _line(failure, handler.file)) from failure
        return None if result is None else self._named(result, f"returned {result!r}")

    def _named(self, name: object, what: str) -> State:
        state = self._definition.states.get(name) if isinstance(name, str) else None
        if state is None:
            states = _list(self._definition.states)
            raise self._fault(f"{what}, which is no state; the states are {states}")
        return state

    def _allowed(self, state: State, target: State | None) -> State | None:
        if target is None or state.to is None or target.name in (*state.to, state.name):
            return target
        raise self._fault(f"returned {target.name!r}; its to= allows {_list(state.to)}")

    def _fault(self, what: str, line: int | None = None) -> BotError:
        """Names the bot, the state and the author's line of the function that ran last."""
        where = f'bot "{self._definition.name}", state "{self._effects.state}"'
        if (handler := self._last) is not None:
            where += "" if isinstance(handler, State) else f", {handler.label}"
            where += f", {place(handler.file, line or handler.line)}"
        return BotError(f"{where}: {what}")

    def outcome(self) -> Outcome:
        effects = self._effects
        state = self._definition.states.get(effects.state)
        return Outcome(
            state=effects.state,
            data=self._data(),
            steps=tuple(self._steps),
            replies=tuple(effects.replies),
            reminders=() if effects.is_ended else tuple(effects.reminders),
            choices=self._choices(),
            timeout=None if state is None or effects.is_ended else state.deadline,
            hand_over=effects.hand_over,
            is_ended=effects.is_ended,
            is_unknown_state=self._is_unknown,
        )

    def _data(self) -> dict[str, Any]:
        try:
            return checked(self._turn.data)
        except BotError as failure:
            raise self._fault(str(failure)) from failure

    def _choices(self) -> tuple[Choice, ...]:
        """Those just offered, else the old ones for as long as the talk stays in its state."""
        if self._effects.is_ended:
            return ()
        if self._effects.choices is not None:
            return self._effects.choices
        has_moved = any(step.via != "renamed" for step in self._steps)
        return () if has_moved else self._situation.choices


def _endless(passed: list[str]) -> str:
    return f"more than {MOST_SENDS} SEND-states in one turn: {' > '.join(passed)}"


def _told(failure: BaseException) -> str:
    return f"{type(failure).__name__}: {failure}"


def _line(failure: BaseException, file: str) -> int | None:
    """The innermost line of the author's own file that led to `failure`."""
    lines = [
        line for frame, line in walk_tb(failure.__traceback__) if frame.f_code.co_filename == file
    ]
    return lines[-1] if lines else None


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
