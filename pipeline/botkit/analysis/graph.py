"""A bot's state machine as its code shows it, which the dashboard and `parley states` draw."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, Protocol

from pipeline.botkit.analysis import transitions
from pipeline.botkit.analysis.check import NO_EXIT, UNREACHABLE, check
from pipeline.botkit.analysis.reachability import trapped, unreachable
from pipeline.botkit.analysis.transitions import (
    ANYWHERE,
    Edge,
    duration_text,
    report,
    targets,
)
from pipeline.botkit.definition import Definition, Handler, State

__all__ = [
    "ANYWHERE",
    "NO_EXIT",
    "UNREACHABLE",
    "Command",
    "Edge",
    "Machine",
    "Node",
    "as_text",
    "edges",
    "machine",
]

_OPEN = "decided while it runs"


class Defined(Protocol):
    """A Bot, which is a layer above."""

    @property
    def definition(self) -> Definition: ...


@dataclass(frozen=True, slots=True)
class Node:
    """A state with its transitions and its timeout.

    `is_open`: it may also lead to states that the code does not show. `marks` are what looks wrong.
    `nudge` is after how long a silent contact is nudged, "" for never. `goes_back`: it returns
    `turn.back()`. `flow` is the flow it belongs to.
    """

    name: str
    sort: Literal["await", "send"]
    transitions: tuple[Edge, ...]
    timeout: Edge | None
    is_open: bool
    is_start: bool
    marks: tuple[str, ...]
    is_question: bool = False
    nudge: str = ""
    goes_back: bool = False
    flow: str = ""


@dataclass(frozen=True, slots=True)
class Command:
    """Texts that are handled in every state; without `targets` the state stays."""

    texts: tuple[str, ...]
    targets: tuple[str, ...]
    is_open: bool


@dataclass(frozen=True, slots=True)
class Machine:
    """All of a bot. A conversation in a state that the code lacks moves to one of `fallback`.

    That is where the bot's fallback leads, or the start if it has none. `problems` are the results
    of the check at start.
    """

    bot: str
    start: str
    states: tuple[Node, ...]
    commands: tuple[Command, ...]
    fallback: tuple[str, ...]
    has_fallback: bool
    renames: tuple[tuple[str, str], ...]
    problems: tuple[str, ...] = ()


def edges(bot: Defined) -> list[Edge]:
    """Every transition that the code shows, in its order; source "*" is any state."""
    return transitions.edges(bot.definition)


def machine(bot: Defined) -> Machine:
    """The bot's machine."""
    return _machine(bot.definition)


# It reads the bot's source, and a live page needs it every second.
@lru_cache(maxsize=4)
def _machine(definition: Definition) -> Machine:
    found = transitions.edges(definition)
    marks = _marks(definition)
    fallback = _targets(definition, definition.fallback) if definition.fallback else ()
    start = definition.start
    return Machine(
        bot=definition.name,
        start=start,
        states=tuple(
            _node(
                state,
                [edge for edge in found if edge.source == state.name],
                state.name == start,
                marks[state.name],
            )
            for state in definition.states.values()
        ),
        commands=tuple(_commands(definition)),
        # A fallback that names no state leads to the start.
        fallback=fallback or tuple(name for name in [start] if name in definition.states),
        has_fallback=definition.fallback is not None,
        renames=tuple(definition.renames.items()),
        problems=tuple(problem.text for problem in check(definition)),
    )


def _marks(definition: Definition) -> dict[str, tuple[str, ...]]:
    lost = {state.name for state in unreachable(definition)}
    caught = {state.name for state in trapped(definition)}
    return {
        name: (UNREACHABLE,) * (name in lost) + (NO_EXIT,) * (name in caught)
        for name in definition.states
    }


def _node(state: State, leads: list[Edge], is_start: bool, marks: tuple[str, ...]) -> Node:
    found = report(state)
    timeout = next((edge for edge in leads if edge.label == _after(state)), None)
    return Node(
        name=state.name,
        sort="send" if state.sort == "send" else "await",
        transitions=tuple(edge for edge in leads if edge != timeout),
        timeout=timeout,
        is_open=state.to is None and found.is_open,
        is_start=is_start,
        marks=marks,
        is_question=state.question is not None,
        nudge=f"after {duration_text(state.nudge.after)}" if state.nudge else "",
        goes_back=bool(found.backs),
        flow=state.flow,
    )


def _after(state: State) -> str | None:
    return f"after {duration_text(state.timeout)}" if state.timeout else None


def _commands(definition: Definition) -> Iterator[Command]:
    for handler in dict.fromkeys(definition.commands.values()):
        words = [word for word, other in definition.commands.items() if other is handler]
        found = report(handler)
        is_open = found.is_open or bool(found.backs)
        yield Command(tuple(words), _targets(definition, handler), is_open)


def _targets(definition: Definition, handler: Handler) -> tuple[str, ...]:
    return tuple(dict.fromkeys(targets(definition, handler)))


def as_text(bot: Defined) -> str:
    """The machine for a terminal."""
    return "\n".join(_lines(machine(bot)))


def _lines(drawn: Machine) -> Iterator[str]:
    yield f"{drawn.bot}, starting in {drawn.start}"
    flow = ""
    for state in drawn.states:
        if state.flow and state.flow != flow:
            yield from ("", f"flow {state.flow}")
        flow = state.flow
        yield from _of_state(state)
    if drawn.commands:
        yield from ("", "anywhere")
        for command in drawn.commands:
            yield from _of_command(command)
    if drawn.has_fallback:
        yield from ("", "a state that is not in the code")
        yield from (_arrow(name, "fallback") for name in drawn.fallback)
    if drawn.renames:
        yield from ("", "renamed", *(f"  {old} -> {new}" for old, new in drawn.renames))
    # These problems are marks of their states.
    others = [text for text in drawn.problems if UNREACHABLE not in text and NO_EXIT not in text]
    if others:
        yield from ("", "looks wrong", *(f"  ! {text}" for text in others))


def _of_state(state: Node) -> Iterator[str]:
    sort = "asks" if state.is_question else "awaits" if state.sort == "await" else "sends"
    yield from ("", f"{state.name}  ({sort}{', the start' if state.is_start else ''})")
    yield from (_arrow(edge.target, edge.label) for edge in state.transitions)
    if state.timeout:
        yield _arrow(state.timeout.target, state.timeout.label)
    if state.nudge:
        yield _arrow("the same state", f"nudges {state.nudge}")
    if state.goes_back:
        yield _arrow("the state before", "back")
    if state.is_open:
        yield _arrow("?", _OPEN)
    yield from (f"  ! {mark}" for mark in state.marks)


def _of_command(command: Command) -> Iterator[str]:
    words = " or ".join(f'"{word}"' for word in command.texts)
    yield from (_arrow(name, words) for name in command.targets)
    if command.is_open:
        yield _arrow("?", f"{words}, {_OPEN}")
    elif not command.targets:
        yield _arrow("the same state", words)


def _arrow(target: str, label: str) -> str:
    return f"  -> {target}  ({label})" if label else f"  -> {target}"
