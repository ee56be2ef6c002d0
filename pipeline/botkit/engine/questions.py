"""Says entry actions, questions and nudges, and reads the answers to questions."""

from collections.abc import Callable
from typing import Any

from pipeline.botkit.content.buttons import Buttons, Menu
from pipeline.botkit.content.kinds import Content
from pipeline.botkit.definition import ContentSource, Definition, Question, State
from pipeline.botkit.engine.calling import Caller
from pipeline.botkit.engine.memory import Memory
from pipeline.botkit.turn import Turn
from pipeline.conversation.turns import Via
from pipeline.errors import BotError, NotUnderstood

NextStep = tuple[object, Via]


class Questions:
    """Says questions, entry actions and nudges in one turn."""

    __slots__ = ("_caller", "_definition", "_memory", "_turn")

    def __init__(
        self, definition: Definition, memory: Memory, caller: Caller, turn: Turn[Any]
    ) -> None:
        self._definition = definition
        self._memory = memory
        self._caller = caller
        self._turn = turn

    def say(self, state: State, source: ContentSource, before: str = "") -> None:
        """Say what `source` of a state returns or says, after the text `before`."""
        replies = self._caller.pending.replies
        already = len(replies)
        said: object = self._caller.call(state, source, self._turn) if callable(source) else source
        self._caller.last = state
        contents = () if said is None else said if isinstance(said, tuple) else (said,)
        if state.question is not None and not any(
            isinstance(it, Buttons | Menu) for it in contents
        ):
            contents = (*contents, *state.question.reader.offers)
        # What a function said itself comes after `before`.
        own = replies[already:]
        del replies[already:]
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

        try:
            result = self._caller.ask(state, accept, self._turn)
        except NotUnderstood as unclear:
            for undo in put_back:
                undo()
            return self._ask_again(state, question, str(unclear))
        self._memory.tries = 0
        return (question.then, "then") if result is None else (result, "return")

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
