"""Calls the author's functions through the bot's middleware, and reports their errors."""

import asyncio
from collections.abc import Callable, Coroutine
from inspect import iscoroutinefunction
from traceback import walk_tb
from types import CoroutineType
from typing import Any

from pipeline.botkit.author import location
from pipeline.botkit.definition import Definition, Handler, Middleware, Next, State
from pipeline.botkit.engine import event_loop
from pipeline.botkit.turn import PendingOutcome, Turn
from pipeline.errors import BotError, NotUnderstood


class Caller:
    """Calls the functions of one turn. `last` is the handler whose function ran last.

    `returned` is what that function returned: None also if a middleware did not call it.
    """

    __slots__ = ("_definition", "last", "pending", "returned")

    def __init__(self, definition: Definition, pending: PendingOutcome) -> None:
        self._definition = definition
        self.pending = pending
        self.last: Handler | None = None
        self.returned: object = None

    @property
    def has_middleware(self) -> bool:
        """Whether anything is between a call and the author's function."""
        return bool(self._definition.middlewares)

    def call(self, handler: Handler, function: Callable[..., Any], turn: Turn[Any]) -> object:
        """What `function` of `handler` returns. Raises BotError for any exception in it."""
        try:
            return self.ask(handler, function, turn)
        except NotUnderstood as failure:
            raise self._error(handler, failure) from failure

    def ask(self, handler: Handler, function: Callable[..., Any], turn: Turn[Any]) -> object:
        """Like `call`, but NotUnderstood is raised unchanged."""
        self.returned = None
        called: Callable[..., Any] = function
        if self._definition.middlewares:
            called = _wrap(self._definition.middlewares, lambda turn: self._note(function(turn)))
        return self.ask_plainly(handler, called, turn)

    def ask_plainly(self, handler: Handler, function: Callable[..., Any], *given: object) -> object:
        """Like `ask`, without the bot's middleware; the function gets what is `given`."""
        self.last = handler
        self.pending.flow = handler.flow
        try:
            result: object = function(*given)
            return event_loop.run(result) if isinstance(result, CoroutineType) else result
        except NotUnderstood:
            raise
        except (Exception, asyncio.CancelledError) as failure:
            raise self._error(handler, failure) from failure

    def _note(self, result: object) -> object:
        """Note what the author's function returned, on its way out through the middleware."""
        if isinstance(result, CoroutineType):
            return self._note_later(result)
        self.returned = result
        return result

    async def _note_later(self, result: Coroutine[Any, Any, object]) -> object:
        self.returned = await result
        return self.returned

    def _error(self, handler: Handler, failure: BaseException) -> BotError:
        said = str(failure) if isinstance(failure, BotError) else _describe(failure)
        file, line = _line(failure, {handler.file: handler.line})
        # A middleware may be in another file.
        files = {other.file: other.line for other in self._definition.middlewares}
        if line == handler.line and (found := _line(failure, files))[1]:
            file, line = found
        return self.error(said, file, line)

    def error(
        self, what: str, file: str = "", line: int | None = None, *, kind: type[BotError] = BotError
    ) -> BotError:
        """A BotError that names the bot, the state and the line of the function that ran last."""
        handler, state = self.last, self.pending.state
        file = file or (handler or self._definition).file
        line = line or (handler or self._definition).line
        where = f'bot "{self._definition.name}", state "{state}"'
        if handler is not None and not isinstance(handler, State):
            where += f", {handler.label}"
        place = location(file, line)
        short = place.rpartition(":")[0]
        return kind(f"{where}, {place}: {what}", what=what, state=state, file=short, line=line)


class FollowedBy:
    """A function of the turn that returns what `then` returns where `function` returns None.

    It goes inside of the middleware, so that None from a middleware is not followed by anything.
    """

    __slots__ = ("_function", "_then", "is_followed")

    def __init__(self, function: Callable[..., Any], then: Callable[[], object]) -> None:
        self._function = function
        self._then = then
        self.is_followed = False

    def call(self, turn: Turn[Any]) -> object:
        """Call the function; a coroutine if it is one."""
        result = self._function(turn)
        return self._later(result) if isinstance(result, CoroutineType) else self._follow(result)

    async def _later(self, result: Coroutine[Any, Any, object]) -> object:
        return self._follow(await result)

    def _follow(self, result: object) -> object:
        self.is_followed = result is None
        return self._then() if result is None else result


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
