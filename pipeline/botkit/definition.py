"""A bot as its author wrote it: states, commands and the functions behind them.

`bot` fills a Definition while the author's file is imported; `run`, `check` and `graph` read it.
"""

import inspect
from collections.abc import Callable, Coroutine
from dataclasses import KW_ONLY, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from pipeline.botkit.turn import Turn
from pipeline.errors import BotDefinitionError

HandlerFunction = Callable[[Turn], str | Coroutine[Any, Any, str | None] | None]


@dataclass(frozen=True, slots=True)
class Handler:
    """A function of the bot's author and where it is written."""

    name: str
    sort: Literal["await", "send", "command", "fallback"]
    function: HandlerFunction
    file: str
    line: int

    @property
    def label(self) -> str:
        """How errors and drawings name it."""
        if self.sort == "fallback":
            return "fallback"
        return f'{"command" if self.sort == "command" else "state"} "{self.name}"'


@dataclass(frozen=True, slots=True)
class State(Handler):
    """An AWAIT-state hears the contact's next message; a SEND-state runs on entry and moves on.

    `to` are the only states its handler may return, None for any.
    """

    _: KW_ONLY
    to: tuple[str, ...] | None = None
    then: str | None = None
    timeout: timedelta | None = None
    on_timeout: str | None = None

    @property
    def deadline(self) -> tuple[timedelta, str] | None:
        """How long it awaits the contact, and the state it goes to then."""
        if self.timeout is None or self.on_timeout is None:
            return None
        return self.timeout, self.on_timeout


# Each is one of its own, whatever it holds: what is read from it is cached by it.
@dataclass(slots=True, eq=False)
class Definition:
    """All of one bot. Commands are kept by their `plain` words."""

    name: str
    start: str
    choices_hint: str
    states: dict[str, State] = field(default_factory=dict)
    commands: dict[str, Handler] = field(default_factory=dict)
    fallback: Handler | None = None
    renames: dict[str, str] = field(default_factory=dict)

    def known(self, name: str) -> State | None:
        """The state of that name or, where it was renamed, of its name today."""
        for _ in range(len(self.renames)):
            if name in self.states:
                break
            name = self.renames.get(name, name)
        return self.states.get(name)


def written(function: HandlerFunction) -> tuple[HandlerFunction, str, int]:
    """A handler with its file and line; BotDefinitionError when it cannot take a turn."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None:
        raise BotDefinitionError(f"{function!r} is not a function, so it cannot be a handler")
    try:
        inspect.signature(function).bind(None)
    except TypeError as failure:
        where = place(code.co_filename, code.co_firstlineno)
        raise BotDefinitionError(
            f"{where}: {code.co_name}() must take one argument, the turn"
        ) from failure
    return function, code.co_filename, code.co_firstlineno


def place(file: str, line: int) -> str:
    """`file:line`, relative to the working directory where it lies below it."""
    path = Path(file)
    if path.is_relative_to(Path.cwd()):
        path = path.relative_to(Path.cwd())
    return f"{path}:{line}"
