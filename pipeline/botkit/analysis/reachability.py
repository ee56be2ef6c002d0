"""Which states the code of a bot leads to and out of, and whether SEND-states loop."""

from collections.abc import Iterator

from pipeline.botkit.analysis.report import uses
from pipeline.botkit.analysis.transitions import (
    ANYWHERE,
    edges,
    functions,
    handlers,
    report,
    targets,
)
from pipeline.botkit.definition import Definition, State


def loops(definition: Definition) -> Iterator[str]:
    """Errors for SEND-states that lead back to themselves and never wait for the contact."""
    seen: set[str] = set()
    for state in definition.states.values():
        chain = _chain(definition, state)
        if any(_may_break(definition.states[name]) for name in chain):
            continue
        if chain and not seen.intersection(chain):
            seen.update(chain)
            yield (
                f"{definition.at(state)}: SEND-states in a loop: {' > '.join([*chain, chain[0]])}; "
                "let one of them lead to an AWAIT-state"
            )


def _chain(definition: Definition, first: State) -> list[str]:
    """The states that then= leads through from `first` back to it, or none."""
    passed: list[str] = []
    state: State | None = first
    while state is not None and state.sort == "send" and state.name not in passed:
        passed.append(state.name)
        state = definition.states.get(state.then or "")
    return passed if state is first and passed else []


def _may_break(state: State) -> bool:
    """Whether a state may lead elsewhere than its then=."""
    found = report(state)
    others = {name for name, _ in found.returns} - {state.then}
    return bool(others) or found.may_leave or uses("end", [state.function])


def unreachable(definition: Definition) -> list[State]:
    """The states that no transition leads to; none if a handler may lead to any state."""
    found, reached, fresh = edges(definition), set[str](), {definition.start}
    while fresh:
        reached |= fresh
        fresh = {edge.target for edge in found if edge.source in {*reached, ANYWHERE}} - reached
    for handler in handlers(definition):
        state = handler if isinstance(handler, State) else None
        is_running = state is None or (state.name in reached and state.to is None)
        if is_running and report(handler).is_open:
            return []
    return [state for state in definition.states.values() if state.name not in reached]


def trapped(definition: Definition) -> list[State]:
    """The states that no transition leads out of; none if a command may lead to any state."""
    commands = definition.anywhere
    if len(definition.states) < 2 or any(
        report(command).is_open or report(command).backs for command in commands
    ):
        return []
    leads = {edge.source for edge in edges(definition) if edge.source != edge.target}
    anywhere = {name for command in commands for name in targets(definition, command)}
    return [
        state
        for state in definition.states.values()
        if state.name not in leads and not anywhere - {state.name} and not _may_leave(state)
    ]


def _may_leave(state: State) -> bool:
    found = report(state)
    leaves = found.backs or found.dones or (found.is_open and state.to is None)
    answer = state.question.on_answer if state.question else None
    return bool(leaves) or uses("end", [state.function, answer])


def uses_back(definition: Definition) -> bool:
    """Whether any function of the bot, or one that it calls, has `turn.back()` in it."""
    every = [function for _, own in functions(definition) for function in own]
    return uses("back", every)
