"""Finds the mistakes in a bot that show without running it; `load` refuses a bot with errors."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from pipeline.botkit.analysis.reachability import loops, trapped, unreachable
from pipeline.botkit.analysis.report import reached, read, uses
from pipeline.botkit.analysis.transitions import full_name, functions, handlers, report
from pipeline.botkit.author import location
from pipeline.botkit.definition import RETURN_A_NAME, Definition, Handler, State
from pipeline.conversation.consent_keywords import consent
from pipeline.enums import Consent

UNREACHABLE = "no transition leads here, only an operator or a reminder"
NO_EXIT = "no transition leads out, only an operator, a reminder or the end"


@dataclass(frozen=True, slots=True)
class Problem:
    """An error stops the bot from being loaded, a warning does not; `text` says where it is."""

    severity: Literal["error", "warning"]
    text: str

    def __str__(self) -> str:
        return f"{self.severity}: {self.text}"


def check(definition: Definition) -> list[Problem]:
    """All errors of a bot or, where it has none, all warnings."""
    if errors := [*_errors(definition), *loops(definition)]:
        return [Problem("error", text) for text in errors]
    flows = dict(_flow_warnings(definition))
    marks = [
        (state, f"{UNREACHABLE}; return its name, or delete it")
        for state in unreachable(definition)
    ]
    marks += [(state, f"{NO_EXIT}; return another state's name, or add a command")
              for state in trapped(definition)]  # fmt: skip
    texts = [
        *flows.values(),
        # The warning of a flow covers its states.
        *(f"{definition.at(state)}: {text}" for state, text in marks if state.flow not in flows),
        *_command_warnings(definition),
    ]
    return [Problem("warning", text) for text in texts]


def _errors(definition: Definition) -> Iterator[str]:
    """Names of states and flows that are not there, or that are not allowed."""
    yield from _starts(definition)
    for state in definition.states.values():
        yield from _settings(definition, state)
    yield from _contents(definition)
    for handler in handlers(definition):
        yield from _returns(definition, handler)
        yield from _calls(definition, handler)
    yield from _renames(definition)


def _starts(definition: Definition) -> Iterator[str]:
    states = definition.states
    if definition.start not in states:
        wrong = definition.start
        yield f"{definition.label}: start={wrong!r} {_unknown(definition, wrong)}"
    for flow, start in definition.flows.items():
        if start not in states:
            inside = [name for name in states if name.startswith(f"{flow}.")]
            yield (
                f'{definition.label}: flow "{flow}": start={start.removeprefix(f"{flow}.")!r} is '
                f"not a state of it; its states are {_list(inside)}"
            )
        if flow in states:
            yield f"{definition.at(states[flow])}: a flow has the same name; rename one of them"


def _settings(definition: Definition, state: State) -> Iterator[str]:
    at, question = definition.at(state), state.question
    named: list[tuple[str, str | None]] = [("then", state.then), ("on_timeout", state.on_timeout)]
    named += [("to", name) for name in state.to or () if name not in definition.flows]
    if question is not None:
        named += [("then", question.then), ("give_up", question.give_up)]
    for setting, name in named:
        if name is not None and name not in definition.states:
            yield f"{at}: {setting}={name!r} {_unknown(definition, name)}"
    if question is not None and question.on_answer is None:
        if question.then is None:
            yield f"{at}: asks() has neither then= nor a function to name the next state; add one"
        if question.into is None:
            yield f"{at}: asks() has neither into= nor a function to keep the answer; add one"
    schema, into = definition.schema, question.into if question else None
    if schema is not None and into is not None and not schema.has(into):
        yield f"{at}: into={into!r} is not a field of {schema.shape.__name__}; add it there"


def _returns(definition: Definition, handler: Handler) -> Iterator[str]:
    allowed = handler.to if isinstance(handler, State) else None
    for value, line in report(handler).wrong:
        at = definition.at(handler, line)
        yield f"{at}: returns {value}; {RETURN_A_NAME}"
    for name, line in report(handler).returns:
        at, found = definition.at(handler, line), full_name(definition, handler, name)
        if found in definition.flows:
            yield f'{at}: returns the flow {name!r}; return turn.call({name}, then="...")'
        elif found not in definition.states:
            yield f"{at}: returns {name!r}, which {_unknown(definition, name)}"
        elif allowed is not None and found not in (*allowed, handler.name):
            yield f"{at}: returns {name!r}; its to= allows {_list(allowed)}"
    if isinstance(handler, State) and _leads_nowhere(handler):
        yield (
            f"{definition.at(handler)}: a SEND-state that leads nowhere; give it then=, return the "
            "next state, or call turn.end()"
        )


def _contents(definition: Definition) -> Iterator[str]:
    """Contents that are wrong as the code has them, such as a title that is too long."""
    seen = set[tuple[str, int]]()
    for handler, own in functions(definition):
        for function in reached(own):
            file = function.__code__.co_filename
            for mistake, line in read(function).contents:
                if (file, line) not in seen:
                    seen.add((file, line))
                    where = f'bot "{definition.name}", {handler.label}, {location(file, line)}'
                    yield f"{where}: {mistake}"


def _leads_nowhere(state: State) -> bool:
    found = report(state)
    leads = state.sort != "send" or state.then or found.returns or found.may_leave
    return not leads and not uses("end", [state.function])


def _calls(definition: Definition, handler: Handler) -> Iterator[str]:
    found, allowed = report(handler), handler.to if isinstance(handler, State) else None
    for flow, then, line in found.calls:
        at, start = definition.at(handler, line), definition.flows.get(flow)
        if start is None:
            yield f"{at}: calls the flow {flow!r}; bot.include() it first"
        elif allowed is not None and not {flow, start} & set(allowed):
            yield f"{at}: calls {flow!r}; its to= allows {_list(allowed)}"
        if definition.resolve(then, handler.flow) is None:
            yield f"{at}: call() has then={then!r}, which {_unknown(definition, then)}"
    for name, line in found.reminders:
        if definition.resolve(name, handler.flow) is None:
            at = definition.at(handler, line)
            yield f"{at}: remind() names {name!r}, which {_unknown(definition, name)}"
    for line in () if handler.flow else found.dones:
        at = definition.at(handler, line)
        yield f"{at}: turn.done() outside a flow; return the name of the next state instead"


def _renames(definition: Definition) -> Iterator[str]:
    for old, new in definition.renames.items():
        at = f"{definition.label}: renamed({old!r}, {new!r})"
        if old in definition.states or old in definition.flows:
            yield f"{at}: the state {old!r} still exists; delete this line, or the state"
        elif definition.known(old) is None and definition.known_flow(old) not in definition.flows:
            yield f"{at}: {new!r} {_unknown(definition, new)}"


def _flow_warnings(definition: Definition) -> Iterator[tuple[str, str]]:
    """Flows that are entered without a call, that nothing calls, or that never return."""
    every = handlers(definition)
    entered = dict(_entered(definition, every))
    yield from entered.items()
    called = {flow for handler in every for flow, _, _ in report(handler).calls}
    called |= {name for state in definition.states.values() for name in state.to or ()}
    may_call = any(report(handler).is_open for handler in every)
    for flow, start in definition.flows.items():
        at = f'{definition.at(definition.states[start])}: flow "{flow}"'
        inside = [report(state) for state in definition.states.values() if state.flow == flow]
        if not (may_call or flow in entered or called & {flow, start}):
            yield flow, f'{at} is never called; return turn.call({flow}, then="...")'
        elif not any(found.dones or found.is_open for found in inside):
            yield flow, f"{at} never ends; return turn.done() where it is complete"


def _entered(definition: Definition, every: list[Handler]) -> Iterator[tuple[str, str]]:
    """The flows whose states a function outside returns."""
    for handler in every:
        for name, line in report(handler).returns:
            target = definition.states.get(full_name(definition, handler, name))
            if target is not None and target.flow not in {"", handler.flow}:
                what = f"returns {name!r}, a state of a flow, so its turn.done() will fail"
                remedy = f'return turn.call({target.flow}, then="...")'
                yield target.flow, f"{definition.at(handler, line)}: {what}; {remedy}"


def _command_warnings(definition: Definition) -> Iterator[str]:
    """Commands that are opt-out words, which are settled before a bot receives them."""
    for word, handler in definition.commands.items():
        if consent(word, "sms") in {Consent.STOP, Consent.HELP}:
            how = "" if consent(word, "whatsapp") else " by SMS"
            yield (
                f'{definition.at(handler)}: "{word}" never reaches a bot{how}: opt-out words are '
                "settled before; choose another word"
            )


def _unknown(definition: Definition, name: str) -> str:
    return f"is not a state; the states are {definition.list_states(name)}"


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
