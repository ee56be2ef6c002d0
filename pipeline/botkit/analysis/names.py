"""The names in a bot that mean nothing: states and flows that are not there, edges not allowed."""

from collections.abc import Iterable, Iterator

from pipeline.botkit.analysis.introspection import may_end
from pipeline.botkit.analysis.reminder_targets import reminders
from pipeline.botkit.analysis.transitions import handlers, returned, whole
from pipeline.botkit.definition import Definition, Handler, State


def wrong_names(definition: Definition) -> Iterator[str]:
    """What is wrong, each with the bot, the state, its place and what to do."""
    yield from _starts(definition)
    for state in definition.states.values():
        yield from _settings(definition, state)
        yield from _question(definition, state)
    for handler in handlers(definition):
        yield from _returns(definition, handler)
        yield from _jumps(definition, handler)
    yield from _renames(definition)


def _starts(definition: Definition) -> Iterator[str]:
    if definition.start not in definition.states:
        yield f"{definition.here}: start={definition.start!r} is no state; {_known(definition)}"
    for flow, start in definition.flows.items():
        if start not in definition.states:
            inside = [name for name in definition.states if name.startswith(f"{flow}.")]
            local = start.removeprefix(f"{flow}.")
            yield (
                f'{definition.here}: flow "{flow}": start={local!r} is no state of it; '
                f"its states are {_list(inside)}"
            )
        if flow in definition.states:
            at = definition.at(definition.states[flow])
            yield f"{at}: a flow has this name too; give one of them another"


def _settings(definition: Definition, state: State) -> Iterator[str]:
    named: list[tuple[str, str | None]] = [
        ("to", name) for name in state.to or () if name not in definition.flows
    ]
    named += [("then", state.then), ("on_timeout", state.on_timeout)]
    if state.question is not None:
        named += [("then", state.question.then), ("give_up", state.question.give_up)]
    for setting, name in named:
        if name is not None and name not in definition.states:
            yield f"{definition.at(state)}: {setting}= names {name!r}, no state; " + _known(
                definition
            )


def _question(definition: Definition, state: State) -> Iterator[str]:
    question = state.question
    if question is None:
        return
    at = definition.at(state)
    if question.then is None and question.on_answer is None:
        yield f"{at}: asks() has neither then= nor a function, so an answer leads nowhere; add one"
    if question.into is None and question.on_answer is None:
        yield f"{at}: asks() has neither into= nor a function, so the answer is lost; add one"
    schema = definition.schema
    if schema is not None and question.into is not None and not schema.has(question.into):
        yield f"{at}: into={question.into!r} is no field of {schema.shape.__name__}; add it there"


def _returns(definition: Definition, handler: Handler) -> Iterator[str]:
    allowed = handler.to if isinstance(handler, State) else None
    for name, line in returned(handler).names:
        at, found = definition.at(handler, line), whole(definition, handler, name)
        if found in definition.flows:
            yield f'{at}: returns {name!r}, a flow; call it: turn.call({name}, then="...")'
        elif found not in definition.states:
            yield f"{at}: returns {name!r}, no state; {_known(definition)}"
        elif allowed is not None and found not in (*allowed, handler.name):
            yield f"{at}: returns {name!r}; its to= allows {_list(allowed)}"
    if isinstance(handler, State) and _leads_nowhere(handler):
        yield (
            f"{definition.at(handler)}: a SEND-state that leads nowhere; give it then=, return the "
            "next state or end() the talk"
        )


def _leads_nowhere(state: State) -> bool:
    found = returned(state)
    leads = state.then or found.names or found.calls or found.dones or found.backs or found.is_open
    return state.sort == "send" and not leads and not may_end(state.function)


def _jumps(definition: Definition, handler: Handler) -> Iterator[str]:
    found = returned(handler)
    allowed = handler.to if isinstance(handler, State) else None
    for flow, then, line in found.calls:
        at = definition.at(handler, line)
        start = definition.flows.get(flow)
        if start is None:
            yield f"{at}: calls the flow {flow!r}; bot.include() it first"
        elif allowed is not None and not {flow, start} & set(allowed):
            yield f"{at}: calls {flow!r}; its to= allows {_list(allowed)}"
        if definition.resolve(then, handler.flow) is None:
            yield f"{at}: call() has then={then!r}, no state; {_known(definition)}"
    for name, line in reminders(handler):
        if definition.resolve(name, handler.flow) is None:
            yield f"{definition.at(handler, line)}: remind() names {name!r}, no state; " + _known(
                definition
            )
    for line in () if handler.flow else found.dones:
        yield (
            f"{definition.at(handler, line)}: turn.done() outside of a flow; return the name of "
            "the next state instead"
        )


def _renames(definition: Definition) -> Iterator[str]:
    for old, new in definition.renames.items():
        at = f"{definition.here}: renamed({old!r}, {new!r})"
        if old in definition.states or old in definition.flows:
            yield f"{at}: the state {old!r} is still there; take out the line, or the state"
        elif definition.known(old) is None and definition.known_flow(old) not in definition.flows:
            yield f"{at}: {new!r} is no state; {_known(definition)}"


def _known(definition: Definition) -> str:
    return f"the states are {_list(definition.states)}"


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
