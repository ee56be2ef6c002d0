"""The moves between states that can be read from the code without running it.

`check` finds mistakes in them at start, `graph` draws them.
"""

import ast
import inspect
import textwrap
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from types import CellType

from pipeline.botkit.analysis.reminder_targets import author_function, reminders
from pipeline.botkit.definition import Definition, Handler, State
from pipeline.botkit.flow import Flow

ANYWHERE = "*"


@dataclass(frozen=True, slots=True)
class Edge:
    """A move from `source` ("*" is any state) to `target`; `label` says what makes it."""

    source: str
    target: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Returned:
    """The state names that a function plainly returns, with their lines.

    `calls` are the flows it calls, each with its `then` and line; `dones` and `backs` are the lines
    of `turn.done()` and `turn.back()`. `is_open`: it also returns something that only running it
    can tell.
    """

    names: tuple[tuple[str, int], ...] = ()
    calls: tuple[tuple[str, str, int], ...] = ()
    dones: tuple[int, ...] = ()
    backs: tuple[int, ...] = ()
    is_open: bool = False


def handlers(definition: Definition) -> list[Handler]:
    """Every function that may say where to go on, states first."""
    others = [*definition.commands.values(), *filter(None, [definition.fallback])]
    return [*definition.states.values(), *dict.fromkeys(others)]


def edges(definition: Definition) -> list[Edge]:
    """Every move in the order of the code, then what may happen anywhere."""
    ends = call_ends(definition)
    found = [
        edge for state in definition.states.values() for edge in from_state(definition, state, ends)
    ]
    for handler in dict.fromkeys(definition.commands.values()):
        found += [Edge(ANYWHERE, name, handler.label) for name in targets(definition, handler)]
        found += _by_reminding(definition, handler, ANYWHERE)
    if definition.fallback:
        names = targets(definition, definition.fallback) or [definition.start]
        found += [Edge(ANYWHERE, name, "fallback") for name in names]
    return list(dict.fromkeys(found))


def call_ends(definition: Definition) -> Mapping[str, list[str]]:
    """For each flow the states that its calls go on to."""
    ends: defaultdict[str, list[str]] = defaultdict(list)
    for handler in handlers(definition):
        for flow, then, _ in returned(handler).calls:
            ends[flow].append(whole(definition, handler, then))
    return ends


def whole(definition: Definition, handler: Handler, name: str) -> str:
    """The whole name of what a function calls `name`; `name` itself where there is none."""
    return definition.resolve(name, handler.flow) or name


def targets(definition: Definition, handler: Handler) -> list[str]:
    """The states that a function leads to by itself, the starts of the flows it calls too."""
    found = returned(handler)
    names = [whole(definition, handler, name) for name, _ in found.names]
    return names + [definition.flows.get(flow, flow) for flow, _, _ in found.calls]


def from_state(
    definition: Definition, state: State, ends: Mapping[str, list[str]]
) -> Iterator[Edge]:
    """The moves out of one state: those it returns, `then`, its reminders and its time-out."""
    yield from _by_returning(definition, state)
    yield from _by_reminding(definition, state, state.name)
    if returned(state).dones:
        yield from (Edge(state.name, name, f"{state.flow} is done") for name in ends[state.flow])
    if state.then:
        yield Edge(state.name, state.then, "then")
    if state.question is not None:
        if state.question.then:
            yield Edge(state.name, state.question.then)
        if state.question.give_up:
            label = f"after {state.question.tries} wrong answers"
            yield Edge(state.name, state.question.give_up, label)
    if state.deadline:
        after, target = state.deadline
        yield Edge(state.name, target, f"after {in_words(after)}")


def _by_returning(definition: Definition, state: State) -> Iterator[Edge]:
    found = returned(state)
    names = [name for name in state.to or () if name not in definition.flows]
    for name in names or [whole(definition, state, name) for name, _ in found.names]:
        yield Edge(state.name, name)
    called = [flow for flow, _, _ in found.calls]
    for flow in dict.fromkeys([*called, *(n for n in state.to or () if n in definition.flows)]):
        yield Edge(state.name, definition.flows.get(flow, flow), f"calls {flow}")


def _by_reminding(definition: Definition, handler: Handler, source: str) -> Iterator[Edge]:
    for name, _ in reminders(handler):
        yield Edge(source, whole(definition, handler, name), "reminder")


def in_words(duration: timedelta) -> str:
    """`1 d 2 h 30 min` for a duration."""
    minutes, seconds = divmod(int(duration.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = ((days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "less than 1 s"


def returned(handler: Handler) -> Returned:
    """What the handler's own `return` lines say; open where its source cannot be read."""
    function = author_function(handler)
    return Returned() if function is None else _read(function)


@lru_cache(maxsize=512)
def _read(function: Callable[..., object]) -> Returned:
    if hasattr(function, "__wrapped__"):  # the decorator around it may change what it returns
        return Returned(is_open=True)
    try:
        lines, first = inspect.getsourcelines(function)
        tree = ast.parse(textwrap.dedent("".join(lines)))
    except (OSError, TypeError, SyntaxError):
        return Returned(is_open=True)
    if not isinstance(tree.body[0], ast.FunctionDef | ast.AsyncFunctionDef):
        return Returned(is_open=True)
    values = [
        (value, first + value.lineno - 1)
        for statement in _return_lines(tree.body[0])
        for value in _alternatives(statement.value)
    ]
    return _sorted(values, function)


def _sorted(values: list[tuple[ast.expr, int]], function: Callable[..., object]) -> Returned:
    names: list[tuple[str, int]] = []
    calls: list[tuple[str, str, int]] = []
    lines: dict[str, list[int]] = {"done": [], "back": []}
    is_open = False
    for value, line in values:
        way = _way(value)
        if way in lines:
            lines[way].append(line)
        elif way == "call" and (called := _called(value, function)):
            calls.append((*called, line))
        elif isinstance(name := _constant(value, function), str):
            names.append((name, line))
        else:
            is_open = is_open or name is Ellipsis
    return Returned(tuple(names), tuple(calls), tuple(lines["done"]), tuple(lines["back"]), is_open)


def _way(value: ast.expr) -> str:
    """The method in `return turn.back()` and the like, "" for anything else."""
    is_call = isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute)
    return value.func.attr if is_call else ""  # type: ignore[attr-defined]  # looked at just now


def _called(value: ast.expr, function: Callable[..., object]) -> tuple[str, str] | None:
    """Flow and `then` of `turn.call(address, then="confirm")`, where the code shows them."""
    if not isinstance(value, ast.Call) or not value.args:
        return None
    then = next((_constant(kw.value, function) for kw in value.keywords if kw.arg == "then"), None)
    flow = _found(value.args[0], function)
    name = flow if isinstance(flow, str) else flow.name if isinstance(flow, Flow) else None
    return (name, then) if name is not None and isinstance(then, str) else None


def _return_lines(node: ast.AST) -> Iterator[ast.Return]:
    """The returns of this function, not those of functions inside it."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Return):
            yield child
        elif not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from _return_lines(child)


def _alternatives(value: ast.expr | None) -> Iterator[ast.expr]:
    if isinstance(value, ast.IfExp):
        yield from _alternatives(value.body)
        yield from _alternatives(value.orelse)
    elif isinstance(value, ast.BoolOp):
        for part in value.values:
            yield from _alternatives(part)
    elif value is not None:
        yield value


def _constant(value: ast.expr, function: Callable[..., object]) -> object:
    """The text or None that `value` is, through a name of the module too; Ellipsis if unclear."""
    found = _found(value, function)
    return found if found is None or isinstance(found, str) else Ellipsis


def _found(value: ast.expr, function: Callable[..., object]) -> object:
    if isinstance(value, ast.Constant):
        return value.value
    if isinstance(value, ast.Name):
        if not _is_local(value.id, function):
            return getattr(function, "__globals__", {}).get(value.id, Ellipsis)
        return _enclosed(value.id, function)
    return Ellipsis


def _enclosed(name: str, function: Callable[..., object]) -> object:
    """A flow that the function around this one made; its other names may change."""
    code, cells = getattr(function, "__code__", None), getattr(function, "__closure__", None)
    names = code.co_freevars if code is not None else ()
    for free, cell in zip(names, cells or (), strict=False):
        if free == name and isinstance(found := _content(cell), Flow):
            return found
    return Ellipsis


def _content(cell: CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # not filled yet
        return Ellipsis


def _is_local(name: str, function: Callable[..., object]) -> bool:
    code = getattr(function, "__code__", None)
    return code is None or name in {*code.co_varnames, *code.co_cellvars, *code.co_freevars}
