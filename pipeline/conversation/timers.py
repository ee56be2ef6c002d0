"""Timers: which are armed, which are cancelled, and what one that is due does."""

from datetime import datetime

from pipeline.conversation.turns import Entered, Nudged, Outcome, Reminded
from pipeline.conversation.values import (
    ALARMS,
    OF_STATE,
    BotRules,
    Conversation,
    Timer,
)
from pipeline.enums import TimerKind


def cancel(conversation: Conversation, kinds: frozenset[TimerKind]) -> None:
    """Cancel the timers of these kinds, those that are not saved yet included."""
    changes = conversation.changes
    changes.cancelled |= kinds
    if changes.timers:
        changes.timers = [timer for timer in changes.timers if timer.kind not in kinds]


def arm_alarms(conversation: Conversation, bot: BotRules, at: datetime) -> None:
    """Arm the state's time-out and nudge anew, to count from `at`."""
    state = bot.known(conversation.state)
    if state is None:
        return
    cancel(conversation, ALARMS)
    seq = conversation.state_seq
    for kind, after, to_state in state.alarms:
        timer = Timer(TimerKind(kind), to_state, seq, at, at + after)
        conversation.changes.timers.append(timer)


def arm_after(conversation: Conversation, outcome: Outcome, at: datetime, *, is_left: bool) -> None:
    """Cancel and arm timers after a turn. Reminders end when their state is left."""
    if not outcome.keeps_timers:
        cancel(conversation, OF_STATE if is_left else ALARMS)
    armed, seq = conversation.changes.timers, conversation.state_seq
    for reminder in outcome.reminders:
        armed.append(Timer(TimerKind.REMINDER, reminder.to, seq, at, at + reminder.after))
    if outcome.keeps_timers:
        return
    if outcome.timeout:
        after, to_state = outcome.timeout
        armed.append(Timer(TimerKind.TIMEOUT, to_state, seq, at, at + after))
    if outcome.nudge:
        armed.append(Timer(TimerKind.NUDGE, outcome.state, seq, at, at + outcome.nudge))


def put_off_reminder(conversation: Conversation, timer: Timer, at: datetime) -> None:
    """A reminder that is due while an operator answers waits for the release."""
    if timer.kind == TimerKind.REMINDER and timer.state_seq == conversation.state_seq:
        conversation.changes.timers.append(
            Timer(timer.kind, timer.to_state, timer.state_seq, at, at)
        )


def cause_of(conversation: Conversation, timer: Timer) -> Reminded | Nudged | None:
    """The turn that a timer of the state causes; None where the timer is out of date."""
    if timer.state_seq != conversation.state_seq:
        return None  # the state was left
    if timer.kind in ALARMS:
        heard_at, rearmed_at = conversation.last_inbound_at, conversation.rearmed_at
        if heard_at is not None and heard_at > timer.armed_at:
            return None  # a message came since, which has armed another
        if rearmed_at is not None and rearmed_at > timer.armed_at:
            return None
    return Nudged() if timer.kind == TimerKind.NUDGE else Reminded(timer.to_state)


TimerTurn = Reminded | Nudged | Entered
