"""Reads a function's syntax tree: the states it returns, and how it uses its turn.

The other modules here derive all they report from it; no code of the bot runs.
"""

import ast
import inspect
import sys
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from types import FunctionType
from typing import Any

from pipeline.botkit.analysis.literals import content_mistake, is_content, wrong_returns
from pipeline.botkit.turn import FlowName

_Def = ast.FunctionDef | ast.AsyncFunctionDef
_Node = _Def | ast.Lambda


@dataclass(slots=True)
class Report:
    """What a function does, as far as its code shows. Numbers are lines of its file.

    `returns` are names of states and `reminders` those in `turn.remind`; `calls` are the flows of
    `turn.call` with their `then`; `dones` and `backs` are returns of `turn.done()` and
    `turn.back()`. `wrong` are returns that are neither a text nor None, `contents` what is
    wrong with contents that are written out. `names` are all its variables and `attributes` all its
    attributes. `is_open`: it may also return a state that the code does not show.
    """

    returns: list[tuple[str, int]] = field(default_factory=list)
    calls: list[tuple[str, str, int]] = field(default_factory=list)
    dones: list[int] = field(default_factory=list)
    backs: list[int] = field(default_factory=list)
    reminders: list[tuple[str, int]] = field(default_factory=list)
    wrong: list[tuple[str, int]] = field(default_factory=list)
    contents: list[tuple[str, int]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)
    is_open: bool = False

    @property
    def may_leave(self) -> bool:
        """Whether it returns more than names of states."""
        return bool(self.calls or self.dones or self.backs or self.is_open)


@lru_cache(maxsize=512)
def read(function: Any) -> Report:
    """The report of a function. A lambda or a decorated function may return anything."""
    inner = inspect.unwrap(function)
    nodes = _nodes(inner)
    if not nodes:
        names = set(inner.__code__.co_names)
        return Report(names=names, attributes=names, is_open=True)
    visitor = _Visitor(inner)
    for node in nodes:
        for part in [node.body] if isinstance(node, ast.Lambda) else node.body:
            visitor.visit(part)
    found = visitor.report
    if inner is not function or isinstance(nodes[0], ast.Lambda):
        found.returns, found.calls, found.dones, found.backs, found.wrong = [], [], [], [], []
        found.is_open = True
    return found


def uses(method: str, functions: Iterable[object]) -> bool:
    """Whether one of the functions, or one that it calls, has `.method` in it."""
    return any(method in read(function).attributes for function in reached(functions))


def reached(functions: Iterable[object]) -> Iterator[FunctionType]:
    """The functions and those that they call, without Python's own."""
    waiting, seen = [*functions], set[object]()
    while waiting:
        found = waiting.pop()
        function = inspect.unwrap(found) if callable(found) else None
        if not isinstance(function, FunctionType) or function in seen or _is_standard(function):
            continue
        seen.add(function)
        yield function
        names, known = read(function).names, function.__globals__
        waiting += [known[name] for name in names & known.keys()]
        waiting += _enclosed(function).values()


def _is_standard(function: FunctionType) -> bool:
    return (function.__module__ or "").partition(".")[0] in sys.stdlib_module_names


class _Visitor(ast.NodeVisitor):
    """Fills the report of one function."""

    def __init__(self, function: Any) -> None:
        self.report = Report()
        self._function = function
        self._depth = 0
        self._checked: set[ast.AST] = set()

    def visit(self, node: ast.AST) -> None:
        """Count how deep functions are nested: what an inner function returns does not count."""
        is_inside = isinstance(node, _Node)
        self._depth += is_inside
        super().visit(node)
        self._depth -= is_inside

    def visit_Name(self, node: ast.Name) -> None:
        self.report.names.add(node.id)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self.report.attributes.add(node.attr)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if _method(node) == "remind":
            given = [*node.args[1:2], *(kw.value for kw in node.keywords if kw.arg == "state")]
            self.report.reminders += [
                (value.value, value.lineno)
                for value in given
                if isinstance(value, ast.Constant) and isinstance(value.value, str)
            ]
        self._check_content(node)
        self.generic_visit(node)

    def _check_content(self, node: ast.Call) -> None:
        known = self._function.__globals__
        if node in self._checked or not is_content(node, known):
            return
        # A Row in a Menu that is wrong is one mistake.
        self._checked.update(ast.walk(node))
        if mistake := content_mistake(node, known):
            self.report.contents.append((mistake, node.lineno))

    def visit_Return(self, node: ast.Return) -> None:
        if not self._depth:
            wrong = [*wrong_returns(node.value, self._globals())]
            self.report.wrong += [(ast.unparse(value), value.lineno) for value in wrong]
            for value in _alternatives(node.value):
                if value not in wrong:
                    self._add(value)
        self.generic_visit(node)

    def _globals(self) -> dict[str, object]:
        """The globals that the function sees; its own variables hide others."""
        code, known = self._function.__code__, self._function.__globals__
        hidden = {*code.co_varnames, *code.co_cellvars, *code.co_freevars}
        return {name: known[name] for name in code.co_names if name in known and name not in hidden}

    def _add(self, returned: ast.expr) -> None:
        method, report = _method(returned), self.report
        if method == "done":
            report.dones.append(returned.lineno)
        elif method == "back":
            report.backs.append(returned.lineno)
        elif method == "call" and (called := self._called(returned)):
            report.calls.append((*called, returned.lineno))
        elif isinstance(name := self._value(returned), str):
            report.returns.append((name, returned.lineno))
        else:
            report.is_open |= name is not None

    def _called(self, value: ast.expr) -> tuple[str, str] | None:
        """Flow and `then` of `turn.call(address, then="confirm")`, where the code shows them."""
        if not isinstance(value, ast.Call) or not value.args:
            return None
        then = next((self._value(kw.value) for kw in value.keywords if kw.arg == "then"), None)
        flow = self._value(value.args[0])
        name = flow.name if isinstance(flow, FlowName) else flow
        return (name, then) if isinstance(name, str) and isinstance(then, str) else None

    def _value(self, node: ast.expr) -> object:
        """A constant, a global, or a flow of the function around; Ellipsis for anything else."""
        if isinstance(node, ast.Constant):
            return node.value
        if not isinstance(node, ast.Name):
            return ...
        code = self._function.__code__
        if node.id in {*code.co_varnames, *code.co_cellvars, *code.co_freevars}:
            found = _enclosed(self._function).get(node.id)
            return found if isinstance(found, FlowName) else ...
        return self._function.__globals__.get(node.id, ...)


def _method(node: ast.expr) -> str:
    """The method in `turn.back()` and the like, "" for anything else."""
    is_method = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    return node.func.attr if is_method else ""  # type: ignore[attr-defined]  # seen just now


def _alternatives(value: ast.expr | None) -> Iterator[ast.expr]:
    """The expressions that `value` may evaluate to."""
    if isinstance(value, ast.IfExp):
        yield from _alternatives(value.body)
        yield from _alternatives(value.orelse)
    elif isinstance(value, ast.BoolOp):
        for part in value.values:
            yield from _alternatives(part)
    elif value is not None:
        yield value


def _enclosed(function: Any) -> dict[str, object]:
    """The variables of the functions around this one that it uses."""
    found: dict[str, object] = {}
    names = function.__code__.co_freevars
    for name, cell in zip(names, function.__closure__ or (), strict=False):
        with suppress(ValueError):  # not assigned yet
            found[name] = cell.cell_contents
    return found


def _nodes(function: Any) -> list[_Node]:
    """The function in its file: one, or all lambdas of its line; none if it has no source."""
    try:
        lines, _ = inspect.findsource(function)
        functions = _functions("".join(lines))
    except (OSError, TypeError, SyntaxError):
        return []
    code = function.__code__
    return functions.get((code.co_firstlineno, code.co_name), [])


# Two threads of Python 3.11 that parse at once share a count of depth, and one may fail
# (python/cpython#106905).
_parsing = threading.Lock()


@lru_cache(maxsize=8)
def _functions(source: str) -> Mapping[tuple[int, str], list[_Node]]:
    """The functions of a file by first line and name."""
    found: defaultdict[tuple[int, str], list[_Node]] = defaultdict(list)
    with _parsing:
        tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Lambda):
            found[node.lineno, "<lambda>"].append(node)
        elif isinstance(node, _Def):
            first = min(part.lineno for part in (node, *node.decorator_list))
            found[first, node.name].append(node)
    return found
