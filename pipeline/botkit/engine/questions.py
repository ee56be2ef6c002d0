"""Says entry actions, questions and nudges, and reads the answers to questions."""

from collections.abc import Callable
from typing import Any

from pipeline.botkit.content.buttons import Buttons, Menu
from pipeline.botkit.content.kinds import Content
from pipeline.botkit.definition import ContentSource, Definition, Question, State
from pipeline.botkit.engine.calling import Caller, FollowedBy
from pipeline.botkit.engine.memory import Memory
from pipeline.botkit.turn import Jump, Turn
from pipeline.conversation.turns import Reply, Via
from pipeline.errors import BotError, NotUnderstood

NextStep = tuple[object, Via]


class Questions:
    """Says questions, entry actions and nudges in one turn.

    `is_unsaid`: a middleware answered instead of the last one.
    """

    __slots__ = ("_caller", "_definition", "_memory", "_turn", "is_unsaid")

    def __init__(
        self, definition: Definition, memory: Memory, caller: Caller, turn: Turn[Any]
    ) -> None:
        self._definition = definition
        self._memory = memory
        self._caller = caller
        self._turn = turn
        self.is_unsaid = False

    def say(self, state: State, source: ContentSource, before: str = "") -> object:
        """Say what `source` of a state returns or says, after the text `before`.

        Returns the state that a middleware moves to instead, else None.
        """
        replies = self._caller.pending.replies
        already = len(replies)
        said = self._said(state, source)
        self._caller.last = state
        if said is not self._caller.returned and self._is_next(state, said):
            return said
        self._show(state, said, replies[already:], before)
        return None

    def _said(self, state: State, source: ContentSource) -> object:
        """What the source returns, through the middleware; `is_unsaid`: one answered instead."""
        caller, self.is_unsaid = self._caller, False
        if not (callable(source) or caller.has_middleware):
            caller.returned = source
            return source
        is_reached = False

        def own(turn: Turn[Any]) -> object:
            nonlocal is_reached
            is_reached = True
            return source(turn) if callable(source) else source

        said = caller.call(state, own, self._turn)
        self.is_unsaid = said is None and not is_reached
        return said if caller.has_middleware else self._own(said)

    def _own(self, said: object) -> object:
        self._caller.returned = said
        return said

    def _is_next(self, state: State, said: object) -> bool:
        """Whether a middleware returned a state, not contents."""
        return isinstance(said, Jump) or self._definition.resolve(said, state.flow) is not None

    def _show(self, state: State, said: object, own: list[Reply], before: str) -> None:
        replies = self._caller.pending.replies
        contents = () if said is None else said if isinstance(said, tuple) else (said,)
        offers = state.question.reader.offers if state.question and not self.is_unsaid else ()
        if not any(isinstance(it, Buttons | Menu) for it in contents):
            contents = (*contents, *offers)
        # What a function said itself comes after `before`.
        del replies[len(replies) - len(own) :]
        if before and own:
            self._say(before)
        replies += own
        if before and not own:
            contents = _merge(before, contents)
        if contents:
            self._say(*contents)

    def _say(self, *contents: Content) -> None:
        try:
            self._turn.say(*contents)
        except BotError as failure:
            raise self._caller.error(str(failure)) from failure

    def accept_answer(self, state: State, question: Question) -> NextStep | None:
        """Read an answer: where it leads, or None if the question is asked again."""
        put_back: list[Callable[[], None]] = []

        def accept(turn: Turn[Any]) -> object:
            value = question.reader.read(turn)
            if question.into is not None:
                put_back.append(self._store(question.into, value))
            return question.on_answer(turn, value) if question.on_answer else None

        following = FollowedBy(accept, lambda: question.then)
        try:
            result = self._caller.ask(state, following.call, self._turn)
        except NotUnderstood as unclear:
            for undo in put_back:
                undo()
            return self._ask_again(state, question, str(unclear))
        if result is None and not following.is_followed:  # a middleware stays here
            return None
        self._memory.tries = 0
        is_then = following.is_followed and result == question.then
        return result, "then" if is_then else "return"

    def _store(self, into: str, value: object) -> Callable[[], None]:
        """Store an answer in the data; returns a function that undoes it."""
        data = self._turn.data
        if self._definition.schema is not None:
            earlier = getattr(data, into, None)
            self._definition.schema.put(data, into, value)
            return lambda: setattr(data, into, earlier)
        had, earlier = into in data, data.get(into)
        data[into] = value
        return lambda: data.update({into: earlier}) if had else data.pop(into, None)

    def _ask_again(self, state: State, question: Question, reason: str) -> NextStep | None:
        if question.tries is not None:
            self._memory.tries += 1
            if self._memory.tries >= question.tries:
                target = self._definition.known(question.give_up or "")
                # The contact must get a reply.
                if target is None or not target.has_entry_action:
                    self._say(reason)
                return question.give_up, "give_up"
        self.say(state, state.entry or (), before=reason)
        return None


def _merge(before: str, contents: tuple[Any, ...]) -> tuple[Any, ...]:
    """The contents with `before` in their first text, so that one message has both."""
    if contents and isinstance(contents[0], str):
        return f"{before} {contents[0]}", *contents[1:]
    return before, *contents
