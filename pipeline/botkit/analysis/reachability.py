"""The ways through a bot: states that none leads to or out of, loops, flows that nobody calls."""

from collections.abc import Iterator

from pipeline.botkit.analysis.introspection import may_end
from pipeline.botkit.analysis.transitions import (
    ANYWHERE,
    call_ends,
    edges,
    from_state,
    handlers,
    returned,
    targets,
    whole,
)
from pipeline.botkit.definition import Definition, Handler, State

# They are settled before the bot hears them: https://help.twilio.com/articles/223134027
NEVER_HEARD = frozenset({"stop", "stopall", "unsubscribe"})
NEVER_HEARD_BY_SMS = frozenset({"cancel", "end", "quit", "help", "info"})


def loops(definition: Definition) -> Iterator[str]:
    """SEND-states whose then= leads back to themselves would never wait for the contact."""
    reported: set[str] = set()
    for state in definition.states.values():
        chain = _chain(definition, state)
        if any(_may_break(definition.states[name]) for name in chain):
            continue
        if chain and not reported.intersection(chain):
            reported.update(chain)
            yield (
                f"{definition.at(state)}: SEND-states in a loop: {' > '.join([*chain, chain[0]])}; "
                "let one of them lead to an AWAIT-state"
            )


def _may_break(state: State) -> bool:
    """Whether a state may lead elsewhere than to its then=."""
    found = returned(state)
    others = {name for name, _ in found.names} - {state.then}
    leaves = found.calls or found.dones or found.backs or found.is_open
    return bool(others or leaves) or may_end(state.function)


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
    running = [handler for handler in handlers(definition) if _is_running(handler, reached)]
    # A handler whose answer only running it can tell may go anywhere.
    if any(returned(handler).is_open and not _is_bound(handler) for handler in running):
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


def trapped(definition: Definition) -> list[State]:
    """The states that nothing in the code leads out of; none where that cannot be told."""
    commands = set(definition.commands.values())
    # Commands that only running them can tell may lead anywhere.
    is_open = any(returned(c).is_open or returned(c).backs for c in commands)
    if is_open or len(definition.states) < 2:
        return []
    anywhere = {name for command in commands for name in targets(definition, command)}
    ends = call_ends(definition)
    return [
        state
        for state in definition.states.values()
        if not ({edge.target for edge in from_state(definition, state, ends)} | anywhere)
        - {state.name}
        and not _may_leave(state)
    ]


def _may_leave(state: State) -> bool:
    found = returned(state)
    leaves = found.backs or (found.is_open and state.to is None) or found.dones
    answer = state.question.on_answer if state.question else None
    return bool(leaves) or may_end(state.function) or may_end(answer)


def odd_flows(definition: Definition) -> Iterator[tuple[str, str]]:
    """Flows that nobody calls or that never return, and ways into them without a call."""
    every = handlers(definition)
    entered = dict(_entered(definition, every))
    yield from entered.items()
    called = {flow for handler in every for flow, _, _ in returned(handler).calls}
    called |= {name for state in definition.states.values() for name in state.to or ()}
    may_call = any(returned(handler).is_open for handler in every)
    for flow, start in definition.flows.items():
        at = f'{definition.at(definition.states[start])}: flow "{flow}"'
        inside = [state for state in definition.states.values() if state.flow == flow]
        if not (may_call or flow in entered or called & {flow, start}):
            yield flow, f'{at} is never called; return turn.call({flow}, then="...")'
        elif not any(returned(state).dones or returned(state).is_open for state in inside):
            yield flow, f"{at} never ends; return turn.done() where it is complete"


def _entered(definition: Definition, every: list[Handler]) -> Iterator[tuple[str, str]]:
    """The flows that a function outside returns a state of."""
    for handler in every:
        for name, line in returned(handler).names:
            target = definition.states.get(whole(definition, handler, name))
            if target is not None and target.flow not in {"", handler.flow}:
                said = f"returns {name!r}, a state in a flow, so its turn.done() will fail"
                remedy = f'return turn.call({target.flow}, then="...")'
                yield target.flow, f"{definition.at(handler, line)}: {said}; {remedy}"


def never_heard(definition: Definition) -> Iterator[str]:
    """Commands in words that the law gives another meaning."""
    for word, handler in definition.commands.items():
        if word in NEVER_HEARD | NEVER_HEARD_BY_SMS:
            how = " by SMS" if word in NEVER_HEARD_BY_SMS else ""
            yield (
                f'{definition.at(handler)}: "{word}" never reaches a bot{how}: as opt-out words '
                "do, it is settled before; choose another word"
            )
