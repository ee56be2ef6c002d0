"""Calls the author's functions through the bot's middleware, and reports their errors."""

import asyncio
from collections.abc import Callable
from inspect import iscoroutinefunction
from traceback import walk_tb
from types import CoroutineType
from typing import Any

from pipeline.botkit.definition import Definition, Handler, Middleware, Next, State, location
from pipeline.botkit.engine import event_loop
from pipeline.botkit.turn import PendingOutcome, Turn
from pipeline.errors import BotError, NotUnderstood


class Caller:
    """Calls the functions of one turn. `last` is the handler whose function ran last."""

    __slots__ = ("_definition", "last", "pending")

    def __init__(self, definition: Definition, pending: PendingOutcome) -> None:
        self._definition = definition
        self.pending = pending
        self.last: Handler | None = None

    def call(self, handler: Handler, function: Callable[..., Any], turn: Turn[Any]) -> object:
        """What `function` of `handler` returns. Raises BotError for any exception in it."""
        try:
            return self.ask(handler, function, turn)
        except NotUnderstood as failure:
            raise self._error(handler, failure) from failure

    def ask(self, handler: Handler, function: Callable[..., Any], turn: Turn[Any]) -> object:
        """Like `call`, but NotUnderstood is raised unchanged."""
        self.last = handler
        self.pending.flow = handler.flow
        if self._definition.middlewares:
            function = _wrap(self._definition.middlewares, function)
        try:
            result: object = function(turn)
            return event_loop.run(result) if isinstance(result, CoroutineType) else result
        except NotUnderstood:
            raise
        except (Exception, asyncio.CancelledError) as failure:
            raise self._error(handler, failure) from failure

    def _error(self, handler: Handler, failure: BaseException) -> BotError:
        said = str(failure) if isinstance(failure, BotError) else _describe(failure)
        file, line = _line(failure, {handler.file: handler.line})
        # A middleware may be in another file.
        files = {other.file: other.line for other in self._definition.middlewares}
        if line == handler.line and (found := _line(failure, files))[1]:
            file, line = found
        return self.error(said, file, line)

    def error(self, what: str, file: str = "", line: int | None = None) -> BotError:
        """A BotError that names the bot, the state and the line of the function that ran last."""
        where = f'bot "{self._definition.name}", state "{self.pending.state}"'
        if (handler := self.last) is not None:
            where += "" if isinstance(handler, State) else f", {handler.label}"
            where += f", {location(file or handler.file, line or handler.line)}"
        else:
            where += f", {location(self._definition.file, self._definition.line)}"
        return BotError(f"{where}: {what}")


def _wrap(middlewares: list[Handler], function: Next) -> Next:
    for middleware in reversed(middlewares):
        function = _wrap_one(middleware.function, function)
    return function


def _wrap_one(middleware: Middleware, inner: Next) -> Next:
    if iscoroutinefunction(middleware):

        async def following(turn: Turn[Any]) -> object:
            result = inner(turn)
            return await result if isinstance(result, CoroutineType) else result

        return lambda turn: middleware(turn, following)
    return lambda turn: middleware(turn, lambda given: _finish(inner(given)))


def _finish(result: object) -> object:
    """The value of a coroutine, or the coroutine if an outer middleware awaits it."""
    return (
        event_loop.run(result)
        if isinstance(result, CoroutineType) and not event_loop.is_running()
        else result
    )


def _describe(failure: BaseException) -> str:
    return f"{type(failure).__name__}: {failure}"


def _line(failure: BaseException, files: dict[str, int]) -> tuple[str, int]:
    """The innermost line in one of the author's own `files` that led to `failure`."""
    found = next(iter(files.items()), ("", 0))
    for frame, line in walk_tb(failure.__traceback__):
        if frame.f_code.co_filename in files:
            found = frame.f_code.co_filename, line
    return found
