"""Calls the author's functions, through the bot's middleware, and says what went wrong in them."""

import asyncio
from collections.abc import Callable
from inspect import iscoroutinefunction
from traceback import walk_tb
from types import CoroutineType
from typing import Any

from pipeline.botkit.definition import Definition, Handler, Middleware, Next, State, place
from pipeline.botkit.engine import event_loop
from pipeline.botkit.turn import Effects, Turn
from pipeline.errors import BotError, NotUnderstood


class Caller:
    """Calls functions in one turn. `last` is whose function ran last."""

    __slots__ = ("_definition", "effects", "last")

    def __init__(self, definition: Definition, effects: Effects) -> None:
        self._definition = definition
        self.effects = effects
        self.last: Handler | None = None

    def call(self, handler: Handler, function: Callable[..., Any], turn: Turn[Any]) -> object:
        """What `function` of `handler` returns; raises BotError for whatever it raises."""
        try:
            return self.ask(handler, function, turn)
        except NotUnderstood as failure:
            raise self._failed(handler, failure) from failure

    def ask(self, handler: Handler, function: Callable[..., Any], turn: Turn[Any]) -> object:
        """As `call`, but NotUnderstood comes through as it is."""
        self.last = handler
        self.effects.flow = handler.flow
        if self._definition.middlewares:
            function = _wrapped(self._definition.middlewares, function)
        try:
            result: object = function(turn)
            return event_loop.run(result) if isinstance(result, CoroutineType) else result
        except NotUnderstood:
            raise
        except (Exception, asyncio.CancelledError) as failure:
            raise self._failed(handler, failure) from failure

    def _failed(self, handler: Handler, failure: BaseException) -> BotError:
        said = str(failure) if isinstance(failure, BotError) else _told(failure)
        file, line = _line(failure, {handler.file: handler.line})
        # A middleware may be written elsewhere.
        files = {other.file: other.line for other in self._definition.middlewares}
        if line == handler.line and (found := _line(failure, files))[1]:
            file, line = found
        return self.fault(said, file, line)

    def fault(self, what: str, file: str = "", line: int | None = None) -> BotError:
        """Names the bot, the state and the author's line of the function that ran last."""
        where = f'bot "{self._definition.name}", state "{self.effects.state}"'
        if (handler := self.last) is not None:
            where += "" if isinstance(handler, State) else f", {handler.label}"
            where += f", {place(file or handler.file, line or handler.line)}"
        else:
            where += f", {place(self._definition.file, self._definition.line)}"
        return BotError(f"{where}: {what}")


def _wrapped(middlewares: list[Handler], function: Next) -> Next:
    for middleware in reversed(middlewares):
        function = _around(middleware.function, function)
    return function


def _around(middleware: Middleware, inner: Next) -> Next:
    if iscoroutinefunction(middleware):

        async def following(turn: Turn[Any]) -> object:
            result = inner(turn)
            return await result if isinstance(result, CoroutineType) else result

        return lambda turn: middleware(turn, following)
    return lambda turn: middleware(turn, lambda given: _finished(inner(given)))


def _finished(result: object) -> object:
    """The value of a coroutine, or itself where a middleware further out awaits it."""
    return (
        event_loop.run(result)
        if isinstance(result, CoroutineType) and not event_loop.is_running()
        else result
    )


def _told(failure: BaseException) -> str:
    return f"{type(failure).__name__}: {failure}"


def _line(failure: BaseException, files: dict[str, int]) -> tuple[str, int]:
    """The innermost line in one of the author's own `files` that led to `failure`."""
    found = next(iter(files.items()), ("", 0))
    for frame, line in walk_tb(failure.__traceback__):
        if frame.f_code.co_filename in files:
            found = frame.f_code.co_filename, line
    return found
