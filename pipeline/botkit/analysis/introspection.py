"""Looks into the author's compiled functions, and those they call, for the methods they name."""

import inspect
from collections.abc import Iterator
from types import CellType, CodeType, FunctionType

from pipeline.botkit.definition import Definition


def uses_back(definition: Definition) -> bool:
    """Whether any function of the bot, or one that it calls, says `turn.back()`."""
    return _says("back", list(_functions(definition)))


def may_end(function: object) -> bool:
    """Whether a function, or one that it calls, says `turn.end()`."""
    return _says("end", [function])


def _says(method: str, waiting: list[object]) -> bool:
    seen: set[object] = set()
    while waiting:
        found = waiting.pop()
        function = inspect.unwrap(found) if callable(found) else None
        if not isinstance(function, FunctionType) or function in seen:
            continue
        seen.add(function)
        names = set(_names(function.__code__))
        if method in names:
            return True
        waiting += [function.__globals__[name] for name in names if name in function.__globals__]
        waiting += [cell.cell_contents for cell in function.__closure__ or () if _is_filled(cell)]
    return False


def _functions(definition: Definition) -> Iterator[object]:
    others = [*definition.commands.values(), *definition.middlewares]
    if definition.fallback is not None:
        others.append(definition.fallback)
    yield from (handler.function for handler in (*definition.states.values(), *others))
    for state in definition.states.values():
        yield state.entry
        yield state.nudge.content if state.nudge else None
        yield state.question.on_answer if state.question else None


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _names(inner)


def _is_filled(cell: CellType) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False
