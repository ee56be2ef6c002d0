"""Which timer of a conversation in a test is next, and when it takes effect."""

from collections.abc import Sequence
from datetime import datetime

from pipeline.conversation.values import Conversation, Timer
from pipeline.enums import TimerKind


def next_timer(
    timers: Sequence[Timer], conversation: Conversation, now: datetime, until: datetime
) -> tuple[Timer, datetime] | None:
    """The first timer that takes effect by `until`, and when it does."""
    found = [(moment, timer) for timer in timers if (moment := _moment(timer, conversation, now))]
    due = [(moment, timer.due_at, at) for at, (moment, timer) in enumerate(found)]
    first = min((one for one in due if one[0] <= until), default=None)
    return (found[first[2]][1], first[0]) if first else None


def _moment(timer: Timer, conversation: Conversation, now: datetime) -> datetime | None:
    """When a timer takes effect; a reminder waits for the end of a take-over."""
    if timer.kind == TimerKind.REMINDER and conversation.is_held(max(now, timer.due_at)):
        return conversation.held_until
    return timer.due_at
