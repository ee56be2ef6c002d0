"""Definition: the states, commands and functions of a bot as its author wrote them.

Bot fills it while the author's file is imported; engine/ and analysis/ read it.
"""

import inspect
from collections.abc import Callable, Coroutine
from dataclasses import KW_ONLY, dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Literal

from pipeline.botkit.author import author_line, location
from pipeline.botkit.content.kinds import Content
from pipeline.botkit.data import Schema
from pipeline.botkit.inputs.debounce import EACH, Debounce, Join
from pipeline.botkit.inputs.readers import Reader
from pipeline.botkit.situation import TurnError
from pipeline.botkit.turn import Turn
from pipeline.errors import BotDefinitionError
from pipeline.suggestions import did_you_mean

Answer = str | Coroutine[Any, Any, str | None] | None
HandlerFunction = Callable[[Turn[Any]], Answer]
AnswerFunction = Callable[[Turn[Any], Any], Answer]
ErrorFunction = Callable[[Turn[Any], TurnError], Answer]
Next = Callable[[Turn[Any]], Any]
Middleware = Callable[[Turn[Any], Next], Any]
# What a state says: contents, or a function that returns them or says them itself.
Contents = Content | tuple[Content, ...]
RETURN_A_NAME = "return the name of the next state, or None to stay"
ContentSource = (
    Contents | Callable[[Turn[Any]], Contents | Coroutine[Any, Any, Contents | None] | None]
)


@dataclass(frozen=True, slots=True)
class Handler:
    """A function of the bot's author and its location."""

    name: str
    sort: Literal["await", "send", "command", "reaction", "fallback", "on_error", "middleware"]
    function: Callable[..., Any]
    file: str
    line: int
    _: KW_ONLY
    flow: str = ""

    @property
    def label(self) -> str:
        """Its name in errors and drawings."""
        if self.sort in {"fallback", "reaction", "on_error"}:
            return self.name
        if self.sort in {"command", "middleware"}:
            return f'{self.sort} "{self.name}"'
        return f'state "{self.name}"'


@dataclass(frozen=True, slots=True)
class Nudge:
    """What the bot says when the contact has been silent for `after`."""

    after: timedelta
    content: ContentSource


@dataclass(slots=True, eq=False)
class Question:
    """What makes an AWAIT-state a question: its entry action asks, `reader` reads the answer.

    The value is stored in the data as `into` and passed to `on_answer`; after `tries` wrong answers
    the conversation moves to `give_up`.
    """

    reader: Reader[Any]
    into: str | None
    then: str | None
    tries: int | None
    give_up: str | None
    on_answer: AnswerFunction | None = None


@dataclass(frozen=True, slots=True)
class State(Handler):
    """An AWAIT-state handles the contact's next message; a SEND-state runs on entry, then moves on.

    `to` are the states that its handler may return, None for any. `entry` is the entry action of an
    AWAIT-state. `flow` is the flow it belongs to.
    """

    _: KW_ONLY
    to: tuple[str, ...] | None = None
    then: str | None = None
    timeout: timedelta | None = None
    on_timeout: str | None = None
    nudge: Nudge | None = None
    debounce: Debounce | Join = EACH
    entry: ContentSource | None = None
    question: Question | None = None

    @property
    def deadline(self) -> tuple[timedelta, str] | None:
        """How long it waits for the contact, and the state that follows."""
        if self.timeout is None or self.on_timeout is None:
            return None
        return self.timeout, self.on_timeout

    @property
    def has_entry_action(self) -> bool:
        """Whether something runs when the conversation enters it."""
        return self.sort == "send" or self.entry is not None

    @property
    def alarms(self) -> tuple[tuple[str, timedelta, str], ...]:
        """Its timers: name, time after the last turn, and the state that follows."""
        found: tuple[tuple[str, timedelta, str], ...] = ()
        if self.deadline:
            found = (("timeout", *self.deadline),)
        if self.nudge:
            found = (*found, ("nudge", self.nudge.after, self.name))
        return found


# Compared by identity, because caches use it as their key.
@dataclass(slots=True, eq=False)
class Definition:
    """All of one bot. `commands` are by normalized text, `flows` are names with their start.

    `file` and `line` are where the bot is created. `zone` is that of `turn.now`. `keeps_trail`:
    whether it uses `turn.back()`; None until the first turn finds out.
    """

    name: str
    start: str
    choices_hint: str
    file: str = ""
    line: int = 0
    states: dict[str, State] = field(default_factory=dict)
    commands: dict[str, Handler] = field(default_factory=dict)
    on_reaction: Handler | None = None
    fallback: Handler | None = None
    on_error: Handler | None = None
    middlewares: list[Handler] = field(default_factory=list)
    flows: dict[str, str] = field(default_factory=dict)
    renames: dict[str, str] = field(default_factory=dict)
    loop_guard: tuple[int, timedelta] | None = None
    schema: Schema | None = None
    zone: tzinfo = UTC
    keeps_trail: bool | None = None

    @property
    def anywhere(self) -> list[Handler]:
        """The functions that may run in any state: of commands and of reactions."""
        reaction = [self.on_reaction] if self.on_reaction else []
        return list(dict.fromkeys([*self.commands.values(), *reaction]))

    @property
    def label(self) -> str:
        """The bot's name and location in errors."""
        return f'bot "{self.name}", {location(self.file, self.line)}'

    def at(self, handler: Handler, line: int | None = None) -> str:
        """The name and location of a function of the bot, or of a line in it, for errors."""
        return f'bot "{self.name}", {handler.label}, {location(handler.file, line or handler.line)}'

    def aware(self, moment: datetime) -> datetime:
        """The moment with a time zone: the bot's, if it has none."""
        return moment if moment.tzinfo else moment.replace(tzinfo=self.zone)

    def list_states(self, unknown: object = None) -> str:
        """The names of the states for an error, with the one that `unknown` may be meant to be."""
        names = ", ".join(sorted(self.states)) or "none"
        return f"{names}{did_you_mean(unknown, self.states)}"

    def known(self, name: str) -> State | None:
        """The state of that name, or of its present name if it or its flow was renamed."""
        for _ in range(len(self.renames)):
            if name in self.states:
                break
            name = self._renamed(name)
        return self.states.get(name)

    def known_flow(self, name: str) -> str:
        """The present name of a flow."""
        for _ in range(len(self.renames)):
            if name in self.flows:
                break
            name = self.renames.get(name, name)
        return name

    def _renamed(self, name: str) -> str:
        if name in self.renames:
            return self.renames[name]
        flow, dot, local = name.rpartition(".")
        return f"{self.known_flow(flow)}{dot}{local}"

    def resolve(self, name: object, flow: str = "") -> str | None:
        """The full name of the state that a function in `flow` calls `name`, None for none."""
        if not isinstance(name, str):
            return None
        if flow and (local := f"{flow}.{name}") in self.states:
            return local
        return name if name in self.states else None


def check_handler(function: Callable[..., Any], takes: str = "the turn") -> tuple[Any, str, int]:
    """A handler with its file and line. Raises BotDefinitionError if its arguments are wrong."""
    code = getattr(inspect.unwrap(function), "__code__", None) if callable(function) else None
    if code is None:
        raise BotDefinitionError(
            f"{author_line()}: {function!r} is not a function; a handler must be one"
        )
    if code.co_flags & (inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR):
        where = location(code.co_filename, code.co_firstlineno)
        raise BotDefinitionError(
            f"{where}: {code.co_name}() has a yield, so it would never run; call turn.say() instead"
        )
    arguments = takes.split(", ")
    try:
        inspect.signature(function).bind(*arguments)
    except TypeError as failure:
        where = location(code.co_filename, code.co_firstlineno)
        count = "one argument" if len(arguments) == 1 else f"{len(arguments)} arguments"
        raise BotDefinitionError(
            f"{where}: {code.co_name}() must accept {count}, {takes.replace(', ', ' and ')}"
        ) from failure
    return function, code.co_filename, code.co_firstlineno


def keep_state(_turn: Turn[Any]) -> None:
    """The handler of a question without a function."""
