"""What a bot's author writes with: `Bot` and its decorators. The engine calls `Bot.respond`.

bot = Bot("front-desk", start="unstructured")

@bot.awaits("unstructured")
def unstructured(turn): ...
"""

import hashlib
import inspect
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from pipeline.botkit import run
from pipeline.botkit.check import Problem, check
from pipeline.botkit.choices import plain
from pipeline.botkit.consent import ConsentTexts
from pipeline.botkit.definition import Definition, Handler, HandlerFunction, State, place, written
from pipeline.botkit.turn import Outcome, Situation
from pipeline.errors import BotDefinitionError

F = TypeVar("F", bound=HandlerFunction)
CHOICES_HINT = "Reply with a number."


class Bot:
    """A bot: named states, and the functions that run in them.

    A talk begins in `start`. `expires_after`: a message that comes later than this begins a new
    conversation; without it a contact resumes where they were. `choices_hint` is the line under a
    numbered list, "" for none. `consent` are the answers to STOP, START and HELP where the provider
    gives none: `bot.consent = ConsentTexts(help="…")`. `version` is a short hash of the file that
    made the bot.
    """

    def __init__(
        self,
        name: str,
        *,
        start: str,
        expires_after: timedelta | None = None,
        choices_hint: str = CHOICES_HINT,
    ) -> None:
        if expires_after is not None and expires_after <= timedelta(0):
            raise BotDefinitionError(f'bot "{name}": expires_after must be more than nothing')
        caller = inspect.currentframe()
        maker = caller.f_back if caller else None
        self.version = _hash(maker.f_code.co_filename if maker else "")
        self.expires_after = expires_after
        self.consent = ConsentTexts()
        self.definition = Definition(name, start, choices_hint)

    def __repr__(self) -> str:
        return f"Bot({self.name!r}, start={self.start!r}, {len(self.states)} states)"

    @property
    def name(self) -> str:
        return self.definition.name

    @property
    def start(self) -> str:
        return self.definition.start

    @property
    def states(self) -> Mapping[str, State]:
        """Every state by its name, in the order of the code."""
        return MappingProxyType(self.definition.states)

    def respond(self, situation: Situation) -> Outcome:
        """One turn. Raises BotError that names the bot, the state and the author's line."""
        return run.respond(self.definition, situation)

    def check(self) -> list[Problem]:
        """What is wrong with the bot as written, errors first; looked at once, at start."""
        return check(self.definition)

    def become(self, edited: "Bot") -> None:
        """Be that bot from the next turn on, for everybody who has this one.

        In one step: a turn in flight has its definition already, and ends with it.
        """
        self.__dict__ = dict(edited.__dict__)

    def awaits(
        self,
        name: str,
        *,
        to: str | Iterable[str] | None = None,
        timeout: timedelta | None = None,
        on_timeout: str | None = None,
    ) -> Callable[[F], F]:
        """An AWAIT-state: the function runs on the contact's next message.

        It returns the next state, or None to stay; `to` names the only states it may return.
        `timeout` after the last turn the talk goes to `on_timeout`.
        """
        if (timeout is None) != (on_timeout is None):
            raise BotDefinitionError(f"{self._state(name)}: timeout= and on_timeout= go together")
        if timeout is not None and timeout <= timedelta(0):
            raise BotDefinitionError(f"{self._state(name)}: timeout= must be more than nothing")
        targets = (to,) if isinstance(to, str) else None if to is None else tuple(to)

        def decorate(function: F) -> F:
            own = written(function)
            self._add(
                State(name, "await", *own, to=targets, timeout=timeout, on_timeout=on_timeout)
            )
            return function

        return decorate

    def sends(self, name: str, *, then: str | None = None) -> Callable[[F], F]:
        """A SEND-state: the function runs on entry, then the talk moves on at once to `then`.

        A state that the function returns goes before `then`.
        """

        def decorate(function: F) -> F:
            self._add(State(name, "send", *written(function), then=then))
            return function

        return decorate

    def command(self, *words: str) -> Callable[[F], F]:
        """Words that do the same in every state, when they are the contact's whole message.

        The function returns the next state, or None to stay.
        """
        if not all(plain(word) for word in words) or not words:
            raise BotDefinitionError(f'bot "{self.name}": command() needs the words to listen for')

        def decorate(function: F) -> F:
            handler = Handler(words[0], "command", *written(function))
            for word in words:
                self._refuse_second(
                    f'command "{word}"', self.definition.commands.get(plain(word)), handler
                )
                self.definition.commands[plain(word)] = handler
            return function

        return decorate

    def fallback(self, function: F) -> F:
        """Hears a contact whose stored state is no longer in the code, instead of the start state.

        It returns the next state; None is the start state.
        """
        handler = Handler("fallback", "fallback", *written(function))
        self._refuse_second("fallback", self.definition.fallback, handler)
        self.definition.fallback = handler
        return function

    def renamed(self, old: str, new: str) -> None:
        """Conversations that rest in state `old` go on in `new`."""
        if self.definition.renames.setdefault(old, new) != new:
            raise BotDefinitionError(f"{self._state(old)} is renamed twice")

    def _add(self, state: State) -> None:
        if not state.name.strip():
            raise BotDefinitionError(f"{place(state.file, state.line)}: a state needs a name")
        self._refuse_second(state.label, self.definition.states.get(state.name), state)
        self.definition.states[state.name] = state

    def _refuse_second(self, what: str, first: Handler | None, second: Handler) -> None:
        if first is not None:
            raise BotDefinitionError(
                f'bot "{self.name}": {what} is written twice, '
                f"at {place(first.file, first.line)} and {place(second.file, second.line)}"
            )

    def _state(self, name: str) -> str:
        return f'bot "{self.name}", state "{name}"'


def _hash(file: str) -> str:
    path = Path(file)
    return hashlib.sha256(path.read_bytes()).hexdigest()[:8] if path.is_file() else "0"
