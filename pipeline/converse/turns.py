"""Turns: run the bot over one lane's entries, in order, and collect every effect.

Nothing here touches the database, but for the history a handler asks for. Next: record.py.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from pipeline.botkit import (
    Bot,
    Entered,
    Nudged,
    PastMessage,
    Received,
    Reminded,
    Situation,
    is_unentered,
)
from pipeline.converse.claim import Work
from pipeline.converse.debouncing import Group, group
from pipeline.converse.drafts import ContactDraft, ConversationDraft
from pipeline.converse.effects import Effects, Failure, LaneTurns, explained
from pipeline.enums import EntryKind
from pipeline.messages import Inbound
from pipeline.records.core import messages, timers

MAX_ATTEMPTS = 5

History = Callable[[UUID, int], Sequence[PastMessage]]


class Talker:
    """Takes turns with one bot."""

    def __init__(self, bot: Bot, provider: str, history: History) -> None:
        self._bot = bot
        self._effects = Effects(bot, provider)
        self._history = history

    def take(self, work: Work, now: datetime) -> LaneTurns:
        """Take the turns of one lane up to the first that fails, or that is to wait for more."""
        turns = _untaken(work)
        while len(turns.handled) < len(work.entries):
            attempt = 1 if turns.handled else work.attempt
            together = group(self._bot, turns, len(turns.handled), now)
            if attempt > MAX_ATTEMPTS:
                error = f"The worker died {MAX_ATTEMPTS} times while it took this turn."
                turns.failure = Failure(together.ids, attempt - 1, error, is_final=True)
                break
            if together.wait_until:
                turns.wait_until = together.wait_until
                turns.wait_seconds = (together.wait_until - now).total_seconds()
                break
            try:
                self._take_one(turns, together, now)
            except Exception as error:  # noqa: BLE001 (one contact's turn must not hurt another's)
                is_final = attempt >= MAX_ATTEMPTS
                turns.failure = Failure(together.ids, attempt, explained(error), is_final)
                break
            turns.handled += together.ids
            if work.is_alone:
                break
        self._log_parked(turns)
        return turns

    def given_up(self, work: Work, failure: Failure) -> LaneTurns:
        """What to record of a lane whose first turn failed outside of the bot's code.

        The entries of that turn are found here; the failure need not name them.
        """
        turns = _untaken(work)
        together = group(self._bot, turns, 0, work.entries[0].received_at)
        turns.failure = replace(failure, entry_ids=together.ids)
        self._log_parked(turns)
        return turns

    def _log_parked(self, turns: LaneTurns) -> None:
        """Log what the contact wrote in a turn that is parked: it is read, if not answered."""
        if not turns.failure or not turns.failure.is_final:
            return
        for entry in turns.work.entries:
            if entry.id not in turns.failure.entry_ids or entry.kind != EntryKind.MESSAGE:
                continue
            try:
                message = Inbound.from_json(entry.payload["message"])
            except (KeyError, TypeError, ValueError):
                # Not even we can read it; the entry keeps it as it came.
                continue
            contact = turns.contact or ContactDraft.new(message)
            conversation = self._conversation_for(turns, message, entry.received_at)
            _log(turns, entry, message, (contact, conversation))
            self._effects.heard_in_silence(turns.work.key, conversation, entry)

    def _take_one(self, turns: LaneTurns, together: Group, now: datetime) -> None:
        entry = together.entries[0]
        if entry.kind in {EntryKind.MESSAGE, EntryKind.LATE, EntryKind.RERUN}:
            self._hear(turns, together, now)
        elif entry.kind == EntryKind.TIMER:
            self._remind(turns, entry, now)
        else:
            self._enter(turns, entry, now)

    def _hear(self, turns: LaneTurns, together: Group, now: datetime) -> None:
        entry = together.entries[0]
        messages = [Inbound.from_json(one.payload["message"]) for one in together.entries]
        contact = turns.contact or ContactDraft.new(messages[0])
        conversation = self._conversation_for(turns, messages[0], entry.received_at)
        cause = Received(together.heard(messages))
        situation = self._situation(turns, contact, conversation, cause, entry, now)
        is_late = entry.kind == EntryKind.LATE  # pulled a day after: the contact waits no more
        is_silent = is_late or contact.is_blocked or conversation.is_held(now)
        outcome = None if is_silent else self._bot.respond(situation)
        # Only now, so that a turn that failed has left no mark on the drafts.
        for one, message in zip(together.entries, messages, strict=True):
            _log(turns, one, message, (contact, conversation))
        if outcome:
            self._effects.apply(turns, conversation, outcome, together.entries[-1], now)
        else:
            self._effects.heard_in_silence(turns.work.key, conversation, together.entries[-1])

    def _remind(self, turns: LaneTurns, entry: Row[Any], now: datetime) -> None:
        timer = entry.payload
        conversation = _open(turns, timer["conversation_id"])
        if not conversation or not turns.contact:
            return
        if conversation.is_held(now):
            self._effects.put_back(turns.work.key, conversation, timer, now)
            return
        if timer["name"] == timers.RELEASE:
            # A hold that was taken meanwhile is open, or ends later.
            if conversation.held_until:
                self._effects.give_back(turns.work.key, conversation, now)
                if is_unentered(conversation.memory):
                    self._run_way_in(turns, conversation, entry, now)
            return
        has_left = conversation.state_seq != timer["state_seq"]
        heard_at = conversation.last_inbound_at
        armed_at = datetime.fromisoformat(timer["armed_at"])
        # A message that came after a time-out was armed has re-armed it.
        is_alarm = timer["name"] in {timers.TIMEOUT, timers.NUDGE}
        was_heard = is_alarm and heard_at is not None and heard_at > armed_at
        if has_left or was_heard:
            return
        is_nudge = timer["name"] == timers.NUDGE
        cause = Nudged() if is_nudge else Reminded(timer["to_state"])
        situation = self._situation(turns, turns.contact, conversation, cause, entry, now)
        self._effects.apply(turns, conversation, self._bot.respond(situation), entry, now)

    def _enter(self, turns: LaneTurns, entry: Row[Any], now: datetime) -> None:
        conversation = _open(turns, entry.payload["conversation_id"])
        if not conversation or conversation.state_seq != entry.payload["state_seq"]:
            return
        if not is_unentered(conversation.memory):
            return  # a message that waited already has entered it
        if conversation.is_held(now):
            conversation.owe_entry()
        else:
            self._run_way_in(turns, conversation, entry, now)

    def _run_way_in(
        self, turns: LaneTurns, conversation: ConversationDraft, entry: Row[Any], now: datetime
    ) -> None:
        if turns.contact:
            situation = self._situation(turns, turns.contact, conversation, Entered(), entry, now)
            self._effects.apply(turns, conversation, self._bot.respond(situation), entry, now)

    def _conversation_for(
        self, turns: LaneTurns, message: Inbound, at: datetime
    ) -> ConversationDraft:
        """The open conversation on this channel and number, or a new one in the start state."""
        conversation = turns.talk_of(message)
        if conversation:
            if not conversation.is_expired(self._bot.expires_after, at):
                return conversation
            conversation.closed_at = at
            conversation.is_touched = conversation.is_rearmed = True
        return ConversationDraft.new(message, self._bot, at)

    def _past(
        self, turns: LaneTurns, conversation: ConversationDraft, limit: int
    ) -> Sequence[PastMessage]:
        """The log, and what earlier turns of this batch add to it."""
        recent = [
            PastMessage(row["direction"], row["author"], row["body"], row["created_at"])
            for row in turns.messages
            if row["conversation_id"] == conversation.id
        ]
        recorded = [] if conversation.is_new else self._history(conversation.id, limit)
        return [*recorded, *recent][-limit:] if limit > 0 else []

    def _situation(
        self,
        turns: LaneTurns,
        contact: ContactDraft,
        conversation: ConversationDraft,
        cause: Received | Reminded | Entered | Nudged,
        entry: Row[Any],
        now: datetime,
    ) -> Situation:
        return Situation(
            cause=cause,
            contact=contact.view(),
            channel=conversation.channel,  # type: ignore[arg-type]  # a Channel since receive
            state=conversation.state,
            data=conversation.data,
            choices=conversation.choices,
            now=now,
            idempotency_key=f"{entry.provider}:{entry.account_id}:{entry.provider_id}",
            history=lambda limit: self._past(turns, conversation, limit),
            memory=conversation.memory,
            received_at=entry.received_at if entry.kind == EntryKind.MESSAGE else None,
            last_received_at=None if conversation.is_new else conversation.last_inbound_at,
        )


def _untaken(work: Work) -> LaneTurns:
    return LaneTurns(
        work,
        ContactDraft.of(work.contact) if work.contact else None,
        [ConversationDraft.of(row) for row in work.conversations],
    )


def _log(
    turns: LaneTurns,
    entry: Row[Any],
    message: Inbound,
    whose: tuple[ContactDraft, ConversationDraft],
) -> None:
    """Note what was heard, from whom and where; a re-run was noted when it was given up."""
    turns.contact, conversation = whose
    if conversation not in turns.conversations:
        turns.conversations.append(conversation)
    if entry.kind == EntryKind.RERUN:
        return
    turns.contact.heard(message, entry.received_at)
    conversation.heard(entry.received_at)
    turns.messages.append(messages.inbound_row(message, entry, turns.contact.id, conversation.id))


def _open(turns: LaneTurns, conversation_id: str) -> ConversationDraft | None:
    wanted = UUID(conversation_id)
    return next((c for c in turns.conversations if c.id == wanted and not c.closed_at), None)
