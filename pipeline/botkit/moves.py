"""The moves between states that can be read from the code without running it.

`check` finds mistakes in them at start, `graph` draws them.
"""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from pipeline.botkit.definition import Definition, Handler, State

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

    `is_open`: it also returns something that only running it can tell.
    """

    names: tuple[tuple[str, int], ...]
    is_open: bool


def edges(definition: Definition) -> list[Edge]:
    """Every move in the order of the code, then what may happen anywhere."""
    found = [edge for state in definition.states.values() for edge in from_state(state)]
    for handler in dict.fromkeys(definition.commands.values()):
        found += [Edge(ANYWHERE, name, handler.label) for name, _ in returned(handler).names]
    if definition.fallback:
        names = [name for name, _ in returned(definition.fallback).names]
        found += [Edge(ANYWHERE, name, "fallback") for name in names or [definition.start]]
    return list(dict.fromkeys(found))


def from_state(state: State) -> Iterator[Edge]:
    """The moves out of one state: those it returns, `then`, and its time-out."""
    for name in state.to or [name for name, _ in returned(state).names]:
        yield Edge(state.name, name)
    if state.then:
        yield Edge(state.name, state.then, "then")
    if state.deadline:
        after, target = state.deadline
        yield Edge(state.name, target, f"after {in_words(after)}")


def in_words(duration: timedelta) -> str:
    """`1 d 2 h 30 min` for a duration."""
    minutes, seconds = divmod(int(duration.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = ((days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "less than 1 s"


def returned(handler: Handler) -> Returned:
    """What the handler's own `return` lines say; open where its source cannot be read."""
    function = handler.function
    if hasattr(function, "__wrapped__"):  # the decorator around it may change what it returns
        return Returned((), is_open=True)
    try:
        lines, first = inspect.getsourcelines(function)
        tree = ast.parse(textwrap.dedent("".join(lines)))
    except (OSError, TypeError, SyntaxError):
        return Returned((), is_open=True)
    if not isinstance(tree.body[0], ast.FunctionDef | ast.AsyncFunctionDef):
        return Returned((), is_open=True)
    names, is_open = [], False
    for statement in _return_lines(tree.body[0]):
        for value in _alternatives(statement.value):
            name = _constant(value, function)
            if isinstance(name, str):
                names.append((name, first + value.lineno - 1))
            is_open = is_open or name is Ellipsis
    return Returned(tuple(names), is_open)


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
    found: object = Ellipsis
    if isinstance(value, ast.Constant):
        found = value.value
    elif isinstance(value, ast.Name) and not _is_local(value.id, function):
        found = getattr(function, "__globals__", {}).get(value.id, Ellipsis)
    return found if found is None or isinstance(found, str) else Ellipsis


def _is_local(name: str, function: Callable[..., object]) -> bool:
    code = getattr(function, "__code__", None)
    return code is None or name in {*code.co_varnames, *code.co_cellvars, *code.co_freevars}
