"""Flow: states that several states of a bot can call, and that return a value.

address = Flow("address", start="street"); bot.include(address); turn.call(address, then="confirm")
"""

from collections.abc import Iterator
from dataclasses import replace

from pipeline.botkit.author import author_line
from pipeline.botkit.decorators import Scope
from pipeline.botkit.definition import State
from pipeline.botkit.expected import TEXT, expect
from pipeline.errors import BotDefinitionError


class Flow(Scope):
    """States that are defined like a bot's; `turn.done(value)` returns from them.

    In the bot their names are "address.street" and so on. Functions in the flow may use "street"
    and the names of the bot's states.
    """

    def __init__(self, name: str, *, start: str) -> None:
        if not isinstance(name, str) or not name.strip() or "." in name:
            raise BotDefinitionError(
                f"{author_line()}: the name of a flow must be a text without a dot, not {name!r}"
            )
        expect(f'flow "{name}"', {"start": start}, {"start": TEXT})
        self.name = name
        self.start = start
        self._states: dict[str, State] = {}
        self._is_included = False

    def __repr__(self) -> str:
        return f"Flow({self.name!r}, start={self.start!r}, {len(self._states)} states)"

    @property
    def label(self) -> str:
        return f'flow "{self.name}"'

    def full_states(self) -> Iterator[State]:
        """The states under their full names, for the bot that includes the flow."""
        self._is_included = True
        return map(self._full_state, self._states.values())

    def _full_state(self, state: State) -> State:
        question = state.question
        if question is not None:
            question = replace(
                question,
                then=self._full_name(question.then),
                give_up=self._full_name(question.give_up),
            )
        return replace(
            state,
            name=f"{self.name}.{state.name}",
            flow=self.name,
            to=None
            if state.to is None
            else tuple(self._full_name(name) or "" for name in state.to),
            then=self._full_name(state.then),
            on_timeout=self._full_name(state.on_timeout),
            question=question,
        )

    def _full_name(self, name: str | None) -> str | None:
        return f"{self.name}.{name}" if name in self._states else name

    def _add(self, state: State) -> None:
        if self._is_included:
            self._refuse(state.name, "the flow is included already; write its states before that")
        self._refuse_second(state, self._states.get(state.name))
        self._states[state.name] = state

    def _replace(self, state: State) -> None:
        if self._is_included:
            self._refuse(state.name, "the flow is included already; write its states before that")
        self._states[state.name] = state
