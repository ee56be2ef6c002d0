"""The decorators that only a bot has: commands, reactions, the fallback and middleware."""

from collections.abc import Callable
from typing import Any, NoReturn

from typing_extensions import TypeVar

from pipeline.botkit.author import author_line, location
from pipeline.botkit.content.choices import normalize
from pipeline.botkit.decorators import F, Scope
from pipeline.botkit.definition import (
    Definition,
    ErrorFunction,
    Handler,
    Middleware,
    check_handler,
)
from pipeline.botkit.expected import display
from pipeline.errors import BotDefinitionError

M = TypeVar("M", bound=Middleware)
E = TypeVar("E", bound=ErrorFunction)


class HandlerScope(Scope):
    """What a bot handles in every state, and around every function of its author."""

    definition: Definition

    @property
    def name(self) -> str:
        return self.definition.name

    @property
    def label(self) -> str:
        return f'bot "{self.name}"'

    def command(self, *words: str) -> Callable[[F], F]:
        """Handle these texts in every state, when they are the contact's whole message.

        The function returns the next state, or None to stay.
        """
        if not words or not all(isinstance(word, str) and normalize(word) for word in words):
            wrong = f", not {display(words[0])}" if len(words) == 1 else ""
            self._refuse_bot(f'command() needs one or more texts, such as command("menu"){wrong}')

        def decorate(function: F) -> F:
            handler = Handler(words[0], "command", *self._own(function, f'command "{words[0]}"'))
            for word in words:
                first = self.definition.commands.get(normalize(word))
                self._refuse_handler(f'command "{word}"', first, handler)
                self.definition.commands[normalize(word)] = handler
            return function

        return decorate

    def fallback(self, function: F) -> F:
        """Handle conversations whose stored state is not in the code, instead of the start state.

        The function returns the next state; None is the start state.
        """
        handler = Handler("fallback", "fallback", *self._own(function, "fallback"))
        self._refuse_handler("fallback", self.definition.fallback, handler)
        self.definition.fallback = handler
        return function

    def on_error(self, function: E) -> E:
        """Answer when the bot failed on a message: `def sorry(turn, error): ...`.

        A state that it returns, `turn.hand_over()` or `turn.end()` settles the turn. Otherwise the
        turn is tried again, and what was said is sent once for all of its attempts.
        """
        checked = self._own(function, "on_error", "the turn, the error")
        handler = Handler("on_error", "on_error", *checked)
        self._refuse_handler("on_error", self.definition.on_error, handler)
        self.definition.on_error = handler
        return function

    def on_reaction(self, function: F) -> F:
        """Handle reactions to messages, in every state; without this they get no turn.

        `turn.message.reaction` is the emoji, `reply_to` the message. The function returns the next
        state, or None to stay.
        """
        handler = Handler("on_reaction", "reaction", *self._own(function, "on_reaction"))
        self._refuse_handler("on_reaction", self.definition.on_reaction, handler)
        self.definition.on_reaction = handler
        return function

    def middleware(self, function: M) -> M:
        """Run a function around every function of the bot: `def logged(turn, call_next): ...`.

        It returns what `call_next(turn)` returns, or another next state. The first middleware is
        the outermost; an `async def` awaits call_next.
        """
        own = self._own(function, "middleware", "the turn, call_next")
        self.definition.middlewares.append(Handler(function.__name__, "middleware", *own))
        return function

    def _own(
        self, function: Callable[..., Any], what: str, takes: str = "the turn"
    ) -> tuple[Any, str, int]:
        try:
            return check_handler(function, takes)
        except BotDefinitionError as failure:
            raise BotDefinitionError(f"{self.label}, {what}, {failure}") from failure

    def _refuse_handler(self, what: str, first: Handler | None, second: Handler) -> None:
        if first is not None:
            raise BotDefinitionError(
                f"{self.label}: {what} is defined twice, "
                f"at {location(first.file, first.line)} and {location(second.file, second.line)}; "
                "keep one of them"
            )

    def _refuse_bot(self, what: str) -> NoReturn:
        raise BotDefinitionError(f"{self.label}, {author_line()}: {what}")
