"""The states that reminders lead to, where the code names them: `turn.remind(after, "state")`.

`moves` draws them as ways through the bot, `names` finds those that are not there.
"""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from functools import lru_cache

from pipeline.botkit.definition import Handler, State


def author_function(handler: Handler) -> Callable[..., object] | None:
    """What the author wrote to decide where to go: of a question, what takes the answer."""
    if isinstance(handler, State) and handler.question is not None:
        return handler.question.on_answer
    return handler.function


def reminders(handler: Handler) -> tuple[tuple[str, int], ...]:
    """Each state that a handler itself names in `remind`, with its line; none if unreadable."""
    function = author_function(handler)
    return () if function is None else _reminded(function)


@lru_cache(maxsize=512)
def _reminded(function: Callable[..., object]) -> tuple[tuple[str, int], ...]:
    try:
        lines, first = inspect.getsourcelines(inspect.unwrap(function))
        tree = ast.parse(textwrap.dedent("".join(lines)))
    except (OSError, TypeError, SyntaxError):
        return ()
    return tuple((name, first + line - 1) for name, line in _named(tree))


def _named(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr == "remind":
            given = [*node.args[1:2], *(kw.value for kw in node.keywords if kw.arg == "state")]
            for value in given:
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield value.value, value.lineno
