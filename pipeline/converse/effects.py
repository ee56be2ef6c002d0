"""Effects: turn what the bot answered into the rows that record.py writes."""

import traceback
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Row

from pipeline.botkit import Bot, Outcome, Step
from pipeline.converse.claim import Work
from pipeline.converse.drafts import ContactDraft, ConversationDraft
from pipeline.enums import EntryKind
from pipeline.errors import BotError
from pipeline.messages import Inbound, storable
from pipeline.records.core import messages, timers

log = structlog.get_logger(__name__)
_ERROR_LENGTH = 20_000


@dataclass(frozen=True, slots=True)
class Failure:
    """A turn that did not succeed; `is_final` parks its entries."""

    entry_ids: tuple[int, ...]
    attempt: int
    error: str
    is_final: bool


@dataclass(slots=True)
class LaneTurns:
    """What the turns of one lane come to: the input of record.py.

    `wait_until`: the next turn is to be taken then, in `wait_seconds`, with what comes meanwhile.
    """

    work: Work
    contact: ContactDraft | None
    conversations: list[ConversationDraft]
    handled: list[int] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    transitions: list[dict[str, Any]] = field(default_factory=list)
    failure: Failure | None = None
    wait_until: datetime | None = None
    wait_seconds: float = 0.0

    def talk_of(self, message: Inbound) -> ConversationDraft | None:
        """The open conversation on the channel and number that the message came by."""
        where = (message.channel, message.recipient)
        found = (
            talk
            for talk in self.conversations
            if (talk.channel, talk.our_number) == where and not talk.closed_at
        )
        return next(found, None)

    @property
    def has_rest(self) -> bool:
        """Whether entries of the lane are left for another claim."""
        return self.work.has_rest or len(self.handled) < len(self.work.entries)


@dataclass(frozen=True, slots=True)
class Effects:
    """Applies outcomes of one bot, whose replies leave through one provider."""

    bot: Bot
    provider: str

    def apply(
        self,
        turns: LaneTurns,
        conversation: ConversationDraft,
        outcome: Outcome,
        entry: Row[Any],
        now: datetime,
    ) -> None:
        """Collect rows in `turns` and move the draft to where the outcome leaves it."""
        if outcome.is_unknown_state:
            log.error("the bot lacks the state of a conversation", state=conversation.state)
        turns.transitions += self._transitions(conversation, outcome, entry, now)
        if outcome.replies and turns.contact:
            turns.messages += self._replies(turns.contact.id, conversation, outcome, entry, now)
            conversation.last_message_at = now
        if outcome.moves:
            conversation.has_moved = True
            conversation.timers.clear()
        conversation.state_seq += outcome.moves
        conversation.state = outcome.state
        conversation.data = outcome.data
        conversation.choices = outcome.choices
        conversation.memory = outcome.memory
        conversation.is_touched = True
        if outcome.hand_over is not None:
            conversation.hold_open()
        conversation.closed_at = now if outcome.is_ended else conversation.closed_at
        if not outcome.keeps_timers:
            conversation.is_rearmed = True
        conversation.timers = _timers(turns.work.key, conversation, outcome, now)

    def give_back(self, lane: str, conversation: ConversationDraft, now: datetime) -> None:
        """The bot answers again; a time-out that came due meanwhile did nothing."""
        conversation.give_back()
        if state := self.bot.definition.known(conversation.state):
            whose, stay = (conversation.id, lane), conversation.state_seq
            armed = timers.alarms(state.alarms, whose, stay, now)
            conversation.timers = [*_reminders(conversation), *armed]

    def put_back(
        self, lane: str, conversation: ConversationDraft, timer: dict[str, Any], now: datetime
    ) -> None:
        """A reminder that came while an operator answers comes when they are done."""
        stay = (timer["to_state"], timer["state_seq"])
        if timer["name"].startswith("remind:") and stay[1] == conversation.state_seq:
            row = timers.row(conversation.id, lane, timer["name"], stay, now, timedelta())
            others = [it for it in conversation.timers if it["name"] != row["name"]]
            conversation.timers = [*others, row]

    def heard_in_silence(self, lane: str, conversation: ConversationDraft, entry: Row[Any]) -> None:
        """The bot did not answer: the alarms, which what was heard has put off, begin with it."""
        at = conversation.last_inbound_at
        if conversation.is_new or conversation.holder != "bot" or at != entry.received_at:
            return
        if state := self.bot.definition.known(conversation.state):
            whose, stay = (conversation.id, lane), conversation.state_seq
            armed = timers.alarms(state.alarms, whose, stay, at)
            conversation.is_rearmed = True
            conversation.timers = [*_reminders(conversation), *armed]

    def _transitions(
        self, conversation: ConversationDraft, outcome: Outcome, entry: Row[Any], now: datetime
    ) -> list[dict[str, Any]]:
        return [
            {
                "conversation_id": conversation.id,
                "from_state": step.from_state,
                "to_state": step.to_state,
                "cause": "timer" if entry.kind == EntryKind.TIMER else "bot",
                "via": step.via,
                "actor": self.bot.name,
                "turn_id": entry.id,
                "bot_version": self.bot.version,
                "data_before": conversation.data,
                "data_after": outcome.data,
                "reason": outcome.hand_over or "",
                "created_at": now,
            }
            for step in outcome.steps or _stay(outcome)
        ]

    def _replies(
        self,
        contact_id: uuid.UUID,
        conversation: ConversationDraft,
        outcome: Outcome,
        entry: Row[Any],
        now: datetime,
    ) -> list[dict[str, Any]]:
        return [
            messages.outbound_row(
                contact_id=contact_id,
                conversation_id=conversation.id,
                channel=conversation.channel,
                our_number=conversation.our_number,
                provider=self.provider,
                author="bot",
                kind=reply.kind,
                body=storable(reply.body),
                media=[{"url": url} for url in reply.media_urls],
                content=dict(reply.content),
                created_at=now,
                expires_at=now + messages.KEEP_TRYING_TO_SEND,
                turn_id=entry.id,
                ordinal=ordinal,
            )
            for ordinal, reply in enumerate(outcome.replies, 1)
        ]


def _stay(outcome: Outcome) -> tuple[Step, ...]:
    """Where no move can bear the reason of a hand-over, a step from the state to itself does."""
    here = outcome.state
    return () if outcome.hand_over is None else (Step(here, here, "hand_over"),)


def _timers(
    lane: str, conversation: ConversationDraft, outcome: Outcome, now: datetime
) -> list[dict[str, Any]]:
    """The timers armed after this turn; a later one of the same name replaces an earlier."""
    keeps = outcome.keeps_timers
    kept = conversation.timers if keeps else _reminders(conversation)
    armed = {timer["name"]: timer for timer in kept}
    wanted = [(f"remind:{r.to}", r.after, r.to) for r in outcome.reminders]
    if outcome.timeout and not keeps:
        wanted.append((timers.TIMEOUT, *outcome.timeout))
    if outcome.nudge and not keeps:
        wanted.append((timers.NUDGE, outcome.nudge, outcome.state))
    for name, after, to_state in wanted:
        stay = (to_state, conversation.state_seq)
        armed[name] = timers.row(conversation.id, lane, name, stay, now, after)
    return [] if conversation.closed_at else list(armed.values())


def _reminders(conversation: ConversationDraft) -> list[dict[str, Any]]:
    """The timers that a turn which stays in the state leaves alone."""
    alarms = (timers.TIMEOUT, timers.NUDGE)
    return [timer for timer in conversation.timers if timer["name"] not in alarms]


def explained(error: Exception) -> str:
    """What an operator reads about a failed turn: the words, then the traceback."""
    cause = error.__cause__ if isinstance(error, BotError) and error.__cause__ else error
    text = f"{error}\n\n{''.join(traceback.format_exception(cause))}"
    return storable(text[:_ERROR_LENGTH])
