"""Finds the mistakes in a bot that show without running it; `load` refuses a bot with errors."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from pipeline.botkit.definition import Definition, Handler, State, place
from pipeline.botkit.moves import ANYWHERE, edges, returned


@dataclass(frozen=True, slots=True)
class Problem:
    """An error stops the bot from being loaded, a warning does not; `text` says where it is."""

    severity: Literal["error", "warning"]
    text: str

    def __str__(self) -> str:
        return f"{self.severity}: {self.text}"


def check(definition: Definition) -> list[Problem]:
    """All problems, errors first."""
    errors = [*_unknown_start(definition), *_unknown_targets(definition)]
    errors += [*_wrong_returns(definition), *_wrong_renames(definition), *_loops(definition)]
    found = [Problem("error", text) for text in errors]
    if not errors:
        found += [
            Problem("warning", f"{_at(state)}: nothing leads there but an operator or a reminder")
            for state in unreachable(definition)
        ]
    return found


def _unknown_start(definition: Definition) -> Iterator[str]:
    if definition.start not in definition.states:
        yield f"start={definition.start!r} is no state; {_known(definition)}"


def _unknown_targets(definition: Definition) -> Iterator[str]:
    for state in definition.states.values():
        named: list[tuple[str, str | None]] = [("to", name) for name in state.to or ()]
        named += [("then", state.then), ("on_timeout", state.on_timeout)]
        for setting, name in named:
            if name is not None and name not in definition.states:
                yield f"{_at(state)}: {setting}= names {name!r}, no state; {_known(definition)}"


def _wrong_returns(definition: Definition) -> Iterator[str]:
    for handler in _handlers(definition):
        allowed = handler.to if isinstance(handler, State) else None
        for name, line in returned(handler).names:
            if name not in definition.states:
                yield f"{_at(handler, line)}: returns {name!r}, no state; {_known(definition)}"
            elif allowed is not None and name not in (*allowed, handler.name):
                yield f"{_at(handler, line)}: returns {name!r}; its to= allows {_list(allowed)}"


def _wrong_renames(definition: Definition) -> Iterator[str]:
    for old, new in definition.renames.items():
        if old in definition.states:
            yield f"renamed({old!r}, {new!r}): the state {old!r} is still there"
        elif definition.known(old) is None:
            yield f"renamed({old!r}, {new!r}): {new!r} is no state; {_known(definition)}"


def _loops(definition: Definition) -> Iterator[str]:
    """SEND-states whose then= leads back to themselves would never wait for the contact."""
    reported: set[str] = set()
    for state in definition.states.values():
        chain = _chain(definition, state)
        if chain and not reported.intersection(chain):
            reported.update(chain)
            yield f"{_at(state)}: SEND-states in a loop: {' > '.join([*chain, chain[0]])}"


def _chain(definition: Definition, first: State) -> list[str]:
    """The states on the way of then= from `first` back to itself, or nothing."""
    passed: list[str] = []
    state: State | None = first
    while state is not None and state.sort == "send" and state.name not in passed:
        passed.append(state.name)
        state = definition.states.get(state.then or "")
    return passed if state is first and passed else []


def unreachable(definition: Definition) -> list[State]:
    """The states to which nothing in the code leads; none where that cannot be told."""
    reached = _reached(definition)
    handlers = [handler for handler in _handlers(definition) if _is_running(handler, reached)]
    # A handler whose answer only running it can tell may go anywhere.
    if any(returned(handler).is_open and not _is_bound(handler) for handler in handlers):
        return []
    return [state for state in definition.states.values() if state.name not in reached]


def _reached(definition: Definition) -> set[str]:
    moves = edges(definition)
    reached: set[str] = set()
    fresh = {definition.start}
    while fresh:
        reached |= fresh
        fresh = {
            edge.target for edge in moves if edge.source in reached or edge.source == ANYWHERE
        } - reached
    return reached


def _is_running(handler: Handler, reached: set[str]) -> bool:
    return not isinstance(handler, State) or handler.name in reached


def _is_bound(handler: Handler) -> bool:
    return isinstance(handler, State) and handler.to is not None


def _handlers(definition: Definition) -> list[Handler]:
    others = [*definition.commands.values(), *filter(None, [definition.fallback])]
    return [*definition.states.values(), *dict.fromkeys(others)]


def _at(handler: Handler, line: int | None = None) -> str:
    return f"{handler.label} at {place(handler.file, line or handler.line)}"


def _known(definition: Definition) -> str:
    return f"the states are {_list(definition.states)}"


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
