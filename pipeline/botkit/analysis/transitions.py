"""The transitions between states that the code of a bot shows."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from pipeline.botkit.analysis.report import Report, read
from pipeline.botkit.definition import Definition, Handler, State

ANYWHERE = "*"


@dataclass(frozen=True, slots=True)
class Edge:
    """A transition from `source` ("*" is any state) to `target`; `label` says what makes it."""

    source: str
    target: str
    label: str = ""


def handlers(definition: Definition) -> list[Handler]:
    """Every function that may say which state comes next, states first."""
    rest = [definition.fallback, definition.on_error]
    others = [*definition.anywhere, *filter(None, rest)]
    return [*definition.states.values(), *dict.fromkeys(others)]


def functions(definition: Definition) -> Iterator[tuple[Handler, list[object]]]:
    """Every function of the bot by the handler that it belongs to."""
    for handler in handlers(definition):
        found: list[object] = [handler.function]
        if isinstance(handler, State):
            found += [handler.entry, handler.nudge and handler.nudge.content]
            found += [handler.question and handler.question.on_answer]
        yield handler, found
    for middleware in definition.middlewares:
        yield middleware, [middleware.function]


def report(handler: Handler) -> Report:
    """The report of the function that says where a handler leads: of a question, its answer's."""
    function: object = handler.function
    if isinstance(handler, State) and handler.question is not None:
        function = handler.question.on_answer
    return Report() if function is None else read(function)


def full_name(definition: Definition, handler: Handler, name: str) -> str:
    """The full name of what a function calls `name`; `name` itself where there is none."""
    return definition.resolve(name, handler.flow) or name


def targets(definition: Definition, handler: Handler) -> list[str]:
    """The states that a function returns, and the start states of the flows that it calls."""
    found = report(handler)
    names = [full_name(definition, handler, name) for name, _ in found.returns]
    return names + [definition.flows.get(flow, flow) for flow, _, _ in found.calls]


def edges(definition: Definition) -> list[Edge]:
    """Every transition in the order of the code, then those that any state has."""
    followers = defaultdict[str, list[str]](list)
    for handler in handlers(definition):
        for flow, then, _ in report(handler).calls:
            followers[flow].append(full_name(definition, handler, then))
    found: list[Edge] = []
    for state in definition.states.values():
        found += _by_returning(definition, state)
        found += _by_reminding(definition, state, state.name)
        if report(state).dones:
            done = f"{state.flow} is done"
            found += [Edge(state.name, name, done) for name in followers[state.flow]]
        found += _by_settings(state)
    for handler in definition.anywhere:
        found += [Edge(ANYWHERE, name, handler.label) for name in targets(definition, handler)]
        found += _by_reminding(definition, handler, ANYWHERE)
    if definition.on_error:
        names = targets(definition, definition.on_error)
        found += [Edge(ANYWHERE, name, "after an error") for name in names]
    if definition.fallback:
        names = targets(definition, definition.fallback) or [definition.start]
        found += [Edge(ANYWHERE, name, "fallback") for name in names]
    return list(dict.fromkeys(found))


def _by_returning(definition: Definition, state: State) -> Iterator[Edge]:
    found, to, flows = report(state), state.to or (), definition.flows
    names = [name for name in to if name not in flows]
    for name in names or [full_name(definition, state, name) for name, _ in found.returns]:
        yield Edge(state.name, name)
    called = [flow for flow, _, _ in found.calls]
    for flow in dict.fromkeys([*called, *(name for name in to if name in flows)]):
        yield Edge(state.name, flows.get(flow, flow), f"calls {flow}")


def _by_reminding(definition: Definition, handler: Handler, source: str) -> Iterator[Edge]:
    for name, _ in report(handler).reminders:
        yield Edge(source, full_name(definition, handler, name), "reminder")


def _by_settings(state: State) -> Iterator[Edge]:
    if state.then:
        yield Edge(state.name, state.then, "then")
    if (question := state.question) is not None:
        if question.then:
            yield Edge(state.name, question.then)
        if question.give_up:
            yield Edge(state.name, question.give_up, f"after {question.tries} wrong answers")
    if state.deadline:
        after, target = state.deadline
        yield Edge(state.name, target, f"after {duration_text(after)}")


def duration_text(duration: timedelta) -> str:
    """`1 d 2 h 30 min` for a duration."""
    minutes, seconds = divmod(int(duration.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = ((days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "less than 1 s"
