"""The decorators that define states, which Bot and Flow share."""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any, NoReturn, TypedDict, TypeVar, Unpack

from pipeline.botkit.author import author_line, author_position, location
from pipeline.botkit.content.kinds import content_problem
from pipeline.botkit.definition import (
    AnswerFunction,
    ContentSource,
    HandlerFunction,
    Nudge,
    Question,
    State,
    check_handler,
    keep_state,
)
from pipeline.botkit.expected import COUNT, DURATION, display
from pipeline.botkit.inputs.debounce import EACH, Debounce, Join, debounce_problem
from pipeline.botkit.inputs.readers import Reader
from pipeline.errors import BotDefinitionError
from pipeline.jsons import JsonObject
from pipeline.suggestions import did_you_mean

F = TypeVar("F", bound=HandlerFunction)
A = TypeVar("A", bound=AnswerFunction)


class Waits(TypedDict, total=False):
    """The settings of a state that waits for the contact.

    When `timeout` has passed since the last turn, the conversation moves to `on_timeout`. When
    `nudge_after` has passed, the bot says `nudge` once and the state stays. `debounce` is for
    messages in quick succession: EACH gives every message a turn, Join(seconds=2) makes one turn of
    messages that arrive together, LAST skips all but the last of the waiting messages.
    """

    timeout: timedelta
    on_timeout: str
    nudge_after: timedelta
    nudge: ContentSource
    debounce: Debounce | Join
    burst: Debounce | Join  # deprecated: the name of `debounce` before this release


class Asks(Waits, total=False):
    """After `tries` wrong answers to a question the conversation moves to `give_up`."""

    tries: int
    give_up: str


class Scope(ABC):
    """States of one bot or one flow."""

    @property
    @abstractmethod
    def label(self) -> str:
        """Its name in errors."""

    @abstractmethod
    def _add(self, state: State) -> None:
        """Add a state. Raises BotDefinitionError if another has its name."""

    @abstractmethod
    def _replace(self, state: State) -> None:
        """Replace the state of the same name."""

    def awaits(
        self,
        name: str,
        *,
        to: str | Iterable[str] | None = None,
        entry: ContentSource | None = None,
        **waits: Unpack[Waits],
    ) -> Callable[[F], F]:
        """Define an AWAIT-state: the function runs on the contact's next message.

        It returns the next state, or None to stay; `to` lists the states that it may return.
        `entry`, the entry action, is said when the conversation enters the state: contents, or a
        function that gets the turn.
        """
        self._check_state(name, "awaits")
        targets = self._targets(name, to)
        self._check_source(name, "entry", entry)
        settings = self._waiting(name, waits, Waits.__annotations__)

        def decorate(function: F) -> F:
            own = self._checked_handler(name, function)
            self._add(State(name, "await", *own, to=targets, entry=entry, **settings))
            return function

        return decorate

    def sends(self, name: str, *, then: str | None = None) -> Callable[[F], F]:
        """Define a SEND-state: the function runs on entry, then the conversation moves to `then`.

        A state that the function returns overrides `then`.
        """
        self._check_state(name, "sends")
        self._check_names(name, "then", then)

        def decorate(function: F) -> F:
            self._add(State(name, "send", *self._checked_handler(name, function), then=then))
            return function

        return decorate

    def asks(
        self,
        name: str,
        question: ContentSource,
        reader: Reader[Any],
        *,
        into: str | None = None,
        then: str | None = None,
        **asks: Unpack[Asks],
    ) -> Callable[[A], A]:
        """Define a question: an AWAIT-state that asks on entry, and again until it is answered.

        The value that `reader` returns is stored in the data as `into`, and the conversation moves
        to `then`. As a decorator it also runs a function of (turn, value); a state that this
        returns overrides `then`, and raising NotUnderstood makes it a wrong answer.
        """
        self._check_question(name, question, reader, into, asks)
        settings = self._waiting(name, asks, Asks.__annotations__)
        self._check_names(name, "then", then)
        asked = Question(reader, into, then, asks.get("tries"), asks.get("give_up"))
        own = (keep_state, *author_position())
        self._add(state := State(name, "await", *own, entry=question, question=asked, **settings))

        def decorate(function: A) -> A:
            handler = self._checked_handler(name, function, "the turn, the value")
            asked.on_answer, file, line = handler
            self._replace(replace(state, file=file, line=line))
            return function

        return decorate

    def _check_state(self, name: object, what: str) -> None:
        if not isinstance(name, str):
            raise BotDefinitionError(
                f"{self.label}, {author_line()}: {what}() needs the name of the state first, as in "
                f'{what}("welcome"), not {display(name)}'
            )

    def _targets(self, name: str, to: object) -> tuple[str, ...] | None:
        if to is not None and not isinstance(to, Iterable):
            self._refuse(name, f"to= must be the names of states, not {display(to)}")
        targets = (to,) if isinstance(to, str) else None if to is None else tuple(to)
        self._check_names(name, "to", *targets or ())
        return targets

    def _check_names(self, name: str, setting: str, *targets: object) -> None:
        for target in targets:
            if target is not None and not isinstance(target, str):
                self._refuse(name, f"{setting}= must be the name of a state, not {display(target)}")

    def _check_source(self, name: str, setting: str, source: object) -> None:
        """Refuse what an entry action, a question or a nudge cannot say."""
        if source is None and setting == "entry":
            return
        if callable(source) and not isinstance(source, type):
            if hasattr(inspect.unwrap(source), "__code__"):
                self._checked_handler(name, source)
        elif wrong := content_problem(source):
            self._refuse(name, f"{setting}{'' if ' ' in setting else '='} {wrong}")

    def _check_question(
        self, name: str, question: object, reader: object, into: object, asks: Asks
    ) -> None:
        self._check_state(name, "asks")
        self._check_source(name, "the question", question)
        tries = asks.get("tries")
        self._check_names(name, "give_up", asks.get("give_up"))
        if not isinstance(reader, Reader):
            self._refuse(name, f"{reader!r} is not a reader; use one such as Email() or Number()")
        if into is not None and not isinstance(into, str):
            self._refuse(name, f"into={display(into)} must be a text, a name in turn.data")
        if ("tries" in asks) != ("give_up" in asks):
            self._refuse(name, "tries= and give_up= need each other: give_up= is the next state")
        if tries is not None and (wrong := COUNT.problem("tries=", tries)):
            self._refuse(name, wrong)
        if tries is not None and tries < 1:
            self._refuse(name, f"tries={tries} must be 1 or more")

    def _waiting(self, name: str, given: Any, known: Iterable[str]) -> JsonObject:
        """The settings of a State."""
        if unknown := sorted(given.keys() - set(known)):
            like = did_you_mean(unknown[0], known)
            what = f"{unknown[0]}= is not a setting; the settings are {_listed(known)}"
            self._refuse(name, f"{what}{like}")
        for one, other in (("timeout", "on_timeout"), ("nudge_after", "nudge")):
            if (one in given) != (other in given):
                self._refuse(name, f"{one}= and {other}= need each other; add the missing one")
            if one in given and (wrong := DURATION.problem(f"{one}=", given[one])):
                self._refuse(name, wrong)
        self._check_names(name, "on_timeout", given.get("on_timeout"))
        debounce = given.get("debounce", given.get("burst", EACH))
        if wrong := debounce_problem(debounce):
            self._refuse(name, wrong)
        settings = {key: given[key] for key in ("timeout", "on_timeout") if key in given}
        settings["debounce"] = debounce
        if "nudge" in given:
            self._check_source(name, "nudge", given["nudge"])
            settings["nudge"] = Nudge(given["nudge_after"], given["nudge"])
        return settings

    def _checked_handler(
        self, name: str, function: Callable[..., Any], takes: str = "the turn"
    ) -> tuple[Any, str, int]:
        try:
            return check_handler(function, takes)
        except BotDefinitionError as failure:
            raise BotDefinitionError(f'{self.label}, state "{name}", {failure}') from failure

    def _refuse(self, name: str, what: str) -> NoReturn:
        raise BotDefinitionError(f'{self.label}, state "{name}", {author_line()}: {what}')

    def _refuse_second(self, state: State, first: State | None) -> None:
        if not state.name.strip():
            raise BotDefinitionError(
                f"{self.label}, {location(state.file, state.line)}: a state needs a name"
            )
        if first is not None:
            raise BotDefinitionError(
                f"{self.label}: {state.label} is defined twice, "
                f"at {location(first.file, first.line)} and {location(state.file, state.line)}; "
                "rename one of them"
            )


def _listed(settings: Iterable[str]) -> str:
    return ", ".join(sorted(set(settings) - {"burst"}))
