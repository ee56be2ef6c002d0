"""Bot: its settings, its decorators, and `respond`, which the engine calls for each turn."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, Generic, Unpack

from pipeline.botkit.analysis.check import Problem, check
from pipeline.botkit.analysis.reachability import uses_back
from pipeline.botkit.author import author_line, author_position
from pipeline.botkit.content.choices import match_choice, normalize
from pipeline.botkit.content.consent import Consent
from pipeline.botkit.data import Migrate, Schema
from pipeline.botkit.definition import Definition, State
from pipeline.botkit.engine import run
from pipeline.botkit.expected import TEXT, display, problems
from pipeline.botkit.flow import Flow
from pipeline.botkit.handlers import HandlerScope
from pipeline.botkit.inputs.debounce import EACH, Debounce, Join
from pipeline.botkit.options import Data, Settings, mistakes, zone_of
from pipeline.botkit.situation import Situation, TurnError
from pipeline.conversation.reactions import reads_as_reaction
from pipeline.conversation.turns import Choice, Outcome
from pipeline.enums import MessageKind
from pipeline.errors import BotDefinitionError
from pipeline.messages import Inbound

CHOICES_HINT = "Reply with a number."
LOOP_GUARD = (30, timedelta(seconds=60))


class Bot(HandlerScope, Generic[Data]):
    """A bot: named states and the functions that run in them.

    Conversations start in `start`. `version` is a short hash of the file that creates the bot.
    """

    def __init__(self, name: str, *, start: str, **settings: Unpack[Settings[Data]]) -> None:
        file, line = author_position()
        self.version = _hash(file)
        hint = settings.get("choices_hint", CHOICES_HINT)
        self.definition = Definition(name, start, hint, file, line)
        for mistake in mistakes(name, start, settings):
            self._refuse_bot(mistake)
        self.expires_after = settings.get("expires_after")
        self.consent = settings.get("consent", Consent())
        self.definition.loop_guard = settings.get("loop_guard", LOOP_GUARD)
        self.definition.zone = zone_of(settings.get("timezone", "UTC")) or UTC
        if (shape := settings.get("data")) is not None:
            self.definition.schema = self._schema(shape, settings.get("migrate"))

    def _schema(self, shape: type[Any], migrate: Migrate | None) -> Schema:
        try:
            return Schema(shape, migrate)
        except Exception as failure:
            where = f"{self.label}, {author_line()}"
            said = failure if isinstance(failure, BotDefinitionError) else f"data=: {failure}"
            raise BotDefinitionError(f"{where}: {said}") from failure

    def __repr__(self) -> str:
        return f"Bot({self.name!r}, start={self.start!r}, {len(self.states)} states)"

    @property
    def start(self) -> str:
        return self.definition.start

    @property
    def states(self) -> Mapping[str, State]:
        """The states by name, in the order of the code."""
        return MappingProxyType(self.definition.states)

    def known(self, state: str) -> State | None:
        """The state of that name, or of its new name where it was renamed."""
        return self.definition.known(state)

    @property
    def first_memory(self) -> dict[str, Any]:
        """The kit's memory of a conversation that is only just opened."""
        start = self.definition.known(self.start)
        return {"is_new": True} if start is not None and start.entry is not None else {}

    def respond(self, situation: Situation) -> Outcome:
        """The outcome of a turn. Raises BotError that names the bot, the state and the line."""
        if self.definition.keeps_trail is None:
            self.definition.keeps_trail = uses_back(self.definition)
        return run.respond(self.definition, situation)

    def recover(self, situation: Situation, error: TurnError) -> run.Recovery | None:
        """What `on_error` makes of a failed turn, None if nothing. Raises BotError if it fails."""
        return run.recover(self.definition, situation, error)

    def check(self) -> list[Problem]:
        """The mistakes that show without running the bot; Parley calls it once, at start."""
        return check(self.definition)

    def become(self, edited: "Bot") -> None:
        """Turn into `edited` from the next turn on, for all who hold a reference to this bot.

        The change is atomic: a turn in flight finishes with the definition that it started with.
        """
        self.__dict__ = dict(edited.__dict__)

    def debounce_in(self, state: str) -> Debounce | Join:
        """How messages in quick succession are grouped in this state."""
        known = self.definition.known(state)
        return EACH if known is None else known.debounce

    @property
    def has_debounce(self) -> bool:
        """Whether any state groups messages in quick succession."""
        return any(state.debounce != EACH for state in self.definition.states.values())

    def marked(self, message: Inbound) -> Inbound:
        """The message with the STOP, START or HELP that the bot's own words see in it."""
        return self.consent.marked(message)

    def takes(self, message: Inbound) -> bool:
        """Whether a message is a turn: a reaction is one only if the bot asks for it."""
        return message.kind != MessageKind.REACTION or self.definition.on_reaction is not None

    def needs_own_turn(
        self, message: Inbound, choices: tuple[Choice, ...], *, is_tap_plain: bool
    ) -> bool:
        """Whether a message is never joined with others: a command, an answer to a choice, or
        what may be a reaction.

        With `is_tap_plain` an answer to a choice may be joined.
        """
        if normalize(message.text) in self.definition.commands:
            return True
        if message.kind == MessageKind.REACTION or reads_as_reaction(message.text):
            return True
        is_answer = message.kind not in {"text", "media"} or bool(match_choice(message, choices))
        return is_answer and not is_tap_plain

    def include(self, flow: Flow) -> None:
        """Add the states of a flow, so that `turn.call(flow, then=...)` can run it."""
        flows = self.definition.flows
        if not isinstance(flow, Flow):
            self._refuse_bot(f"include() needs a Flow, not {display(flow)}")
        if flow.name in flows:
            self._refuse_bot(f'the flow "{flow.name}" is included twice; delete one of the lines')
        for state in flow.full_states():
            self._add(state)
        flows[flow.name] = f"{flow.name}.{flow.start}"

    def renamed(self, old: str, new: str) -> None:
        """Continue conversations stored in state `old`, or in the flow `old`, in `new`."""
        for wrong in problems({"old": old, "new": new}, {"old": TEXT, "new": TEXT}):
            self._refuse_bot(f"renamed(): {wrong}")
        if self.definition.renames.setdefault(old, new) != new:
            self._refuse(old, "renamed twice; keep the newest line")

    def _add(self, state: State) -> None:
        self._refuse_second(state, self.definition.states.get(state.name))
        self.definition.states[state.name] = state

    def _replace(self, state: State) -> None:
        self.definition.states[state.name] = state


def _hash(file: str) -> str:
    path = Path(file)
    return hashlib.sha256(path.read_bytes()).hexdigest()[:8] if path.is_file() else "0"
