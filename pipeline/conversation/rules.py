"""The rules of a conversation's life. Engine, operator's verbs and test kit call these.

Pure: each function changes a Conversation and notes in its `changes` what is to be saved.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pipeline.conversation.memory import is_unentered, moved_by_hand
from pipeline.conversation.timers import (
    TimerTurn,
    arm_after,
    arm_alarms,
    cancel,
    cause_of,
    put_off_reminder,
)
from pipeline.conversation.turns import Entered, Outcome, Step
from pipeline.conversation.values import (
    EVERY_TIMER,
    OF_STATE,
    BotRules,
    Conversation,
    Origin,
    Timer,
    Transition,
)
from pipeline.enums import Cause, Holder, TimerKind
from pipeline.ids import new_id

TAKEN_OVER = "An operator took over before this was sent."
RESTARTED = "The conversation was restarted before this was sent."
_RELEASE = frozenset({TimerKind.RELEASE})


def open_conversation(
    bot: BotRules, contact_id: UUID, where: tuple[str, str], at: datetime, heard_at: datetime | None
) -> Conversation:
    """A new conversation in the bot's start state; `where` is the channel and our number."""
    channel, our_number = where
    return Conversation(
        id=new_id(),
        contact_id=contact_id,
        channel=channel,
        our_number=our_number,
        state=bot.start,
        state_seq=0,
        data={},
        choices=(),
        memory=bot.first_memory,
        version=1,
        holder=Holder.BOT,
        held_by="",
        held_until=None,
        opened_at=at,
        last_message_at=at,
        last_inbound_at=heard_at,
        is_new=True,
    )


def hear(conversation: Conversation, at: datetime, address: str | None = None) -> None:
    """Note that the contact wrote then, and from where; an operator may have written since."""
    conversation.address = address or conversation.address
    conversation.last_message_at = max(conversation.last_message_at, at)
    conversation.last_inbound_at = max(conversation.last_inbound_at or at, at)
    conversation.changes.is_any = True


def hear_in_silence(conversation: Conversation, bot: BotRules, at: datetime) -> None:
    """After a message that the bot does not answer, time-out and nudge count from it."""
    is_latest = conversation.last_inbound_at == at
    if is_latest and not conversation.is_new and conversation.holder == Holder.BOT:
        arm_alarms(conversation, bot, at)


def apply(conversation: Conversation, outcome: Outcome, origin: Origin) -> None:
    """Change the conversation as a turn of the bot wants it.

    A timer's turn after the end of a timed take-over releases it.
    """
    if origin.cause == Cause.TIMER and conversation.held_until is not None:
        _free(conversation)
    _log_steps(conversation, outcome, origin)
    conversation.changes.is_any = True
    if outcome.replies:
        conversation.last_message_at = origin.at
    moves = outcome.moves
    if _returns(outcome, origin):
        moves, conversation.rearmed_at = 0, origin.at
    conversation.state_seq += moves
    conversation.state = outcome.state
    conversation.data = outcome.data
    conversation.choices = outcome.choices
    conversation.memory = outcome.memory
    if outcome.hand_over is not None:
        # To no operator in particular, until one of them releases it.
        conversation.holder, conversation.held_by = Holder.OPERATOR, ""
        conversation.held_until = None
    if outcome.is_ended:
        conversation.closed_at = origin.at
        cancel(conversation, EVERY_TIMER)
    else:
        arm_after(conversation, outcome, origin.at, is_left=bool(moves))


def _log_steps(conversation: Conversation, outcome: Outcome, origin: Origin) -> None:
    """Log each step; without one, a step from the state to itself has the hand-over's reason."""
    before, after, reason = conversation.data, outcome.data, outcome.hand_over or ""
    steps = outcome.steps
    if reason and not steps:
        steps = (Step(outcome.state, outcome.state, "hand_over"),)
    for one in steps:
        step = Transition(one.from_state, one.to_state, origin, before, after, one.via, reason)
        conversation.changes.transitions.append(step)


def _returns(outcome: Outcome, origin: Origin) -> bool:
    """Whether a timer's turn ends in the state it began in, so that the other reminders stay."""
    if origin.cause != Cause.TIMER:
        return False
    left = next((step.from_state for step in outcome.steps if step.via != "renamed"), "")
    return left == outcome.state


def timer_due(
    conversation: Conversation, bot: BotRules, timer: Timer, at: datetime
) -> TimerTurn | None:
    """Let a timer that is due take effect; returns the cause of the turn to run now, if any."""
    if conversation.closed_at:
        return None
    if conversation.is_held(at):
        put_off_reminder(conversation, timer, at)
        return None
    if timer.kind != TimerKind.RELEASE:
        return cause_of(conversation, timer)
    if conversation.held_until is None:
        return None  # somebody has taken over meanwhile without an end, or released
    if _owes_entry(conversation, bot):
        return Entered()  # its turn releases
    release(conversation, bot, at)
    return None


def _owes_entry(conversation: Conversation, bot: BotRules) -> bool:
    return is_unentered(conversation.memory) and bot.known(conversation.state) is not None


def is_entry_owed(conversation: Conversation, state_seq: int, at: datetime) -> bool:
    """Whether an entry action that was put off for the stay `state_seq` is to run now.

    A message may have run it already; while an operator answers it stays owed.
    """
    is_same = conversation.state_seq == state_seq and not conversation.closed_at
    return is_same and is_unentered(conversation.memory) and not conversation.is_held(at)


def take_over(conversation: Conversation, actor: str, minutes: int | None, at: datetime) -> None:
    """Pause the bot: `actor` answers, for `minutes` or until somebody releases."""
    until = at + timedelta(minutes=minutes) if minutes is not None else None
    conversation.holder, conversation.held_by = Holder.OPERATOR, actor
    conversation.held_until = until
    cancel(conversation, _RELEASE)
    changes = conversation.changes
    if until:
        state, seq = conversation.state, conversation.state_seq
        changes.timers.append(Timer(TimerKind.RELEASE, state, seq, at, until))
    changes.is_any, changes.is_entry_due, changes.cancel_replies = True, False, TAKEN_OVER


def release(conversation: Conversation, bot: BotRules, at: datetime) -> bool:
    """Let the bot answer again; False where it does already, and then nothing changes.

    Time-out and nudge did nothing meanwhile, so they count from now. An entry action that is
    owed is due.
    """
    if conversation.holder == Holder.BOT:
        return False
    _free(conversation)
    arm_alarms(conversation, bot, at)
    conversation.changes.is_entry_due = _owes_entry(conversation, bot)
    return True


def move(conversation: Conversation, bot: BotRules, to_state: str, origin: Origin) -> None:
    """Set the state as an operator wants it; the data stays."""
    _move(conversation, bot, to_state, origin, conversation.data)


def restart(
    conversation: Conversation, bot: BotRules, origin: Origin, *, keeps_holder: bool = False
) -> None:
    """Go back to the start without data. The bot answers again, unless the holder is kept."""
    conversation.memory = {}
    if not keeps_holder:
        _free(conversation)
        conversation.changes.cancel_replies = RESTARTED
    _move(conversation, bot, bot.start, origin, {})


def close(conversation: Conversation, at: datetime) -> None:
    """End the conversation; the contact's next message opens another."""
    _free(conversation)
    conversation.choices = ()
    expire(conversation, at)


def expire(conversation: Conversation, at: datetime) -> None:
    """End a conversation in which nothing was said for too long."""
    conversation.closed_at = at
    conversation.changes.is_any = True
    cancel(conversation, EVERY_TIMER)


def _move(
    conversation: Conversation,
    bot: BotRules,
    to_state: str,
    origin: Origin,
    data: Mapping[str, Any],
) -> None:
    changes, state = conversation.changes, bot.known(to_state)
    has_entry_action = state is not None and state.has_entry_action
    changes.transitions.append(
        Transition(
            conversation.state, to_state, origin, conversation.data, data, reason=origin.reason
        )
    )
    conversation.state, conversation.data = to_state, data
    conversation.state_seq += 1
    # The choices that the bot offered in the previous state do not answer this one.
    conversation.choices = ()
    conversation.memory = moved_by_hand(
        conversation.memory, to_state, has_entry_action=has_entry_action
    )
    changes.is_any = True
    cancel(conversation, OF_STATE)
    arm_alarms(conversation, bot, origin.at)
    changes.is_entry_due = has_entry_action and not conversation.is_held(origin.at)


def _free(conversation: Conversation) -> None:
    conversation.holder, conversation.held_by, conversation.held_until = Holder.BOT, "", None
    conversation.changes.is_any = True
    cancel(conversation, _RELEASE)
