"""Pending timers: cancelled one by one, or led to another state where theirs has a new name."""

from pipeline.enums import TimerKind
from pipeline.errors import ChangeRefused, NotFound
from pipeline.override.conversations import known_state
from pipeline.records.accounts import audit
from pipeline.records.core import timers
from pipeline.runtime import Runtime


def cancel_timer(runtime: Runtime, timer_id: int, *, actor: str) -> None:
    """Cancel a timer of a conversation.

    Raises NotFound if it is due or cancelled already, and ChangeRefused for the end of a take-over.
    """
    with runtime.database.write() as connection:
        timer = timers.by_id(connection, timer_id) if 0 < timer_id < 2**63 else None
        if timer is None:
            raise NotFound("There is no such timer. It has fallen due or was cancelled.")
        if timer.name == TimerKind.RELEASE:
            raise ChangeRefused("This timer ends a take-over. Hand the conversation back instead.")
        if not timers.remove(connection, timer_id):
            raise NotFound("There is no such timer. It has fallen due or was cancelled.")
        now = runtime.database.now(connection)
        where = str(timer.conversation_id)
        details = {"kind": timer.name, "to_state": timer.to_state}
        audit.append(connection, now, actor, "cancel_timer", where, **details)


def retarget_timers(runtime: Runtime, old: str, new: str, *, actor: str) -> int:
    """Let the pending timers that lead to a state lead to another; returns how many.

    Raises UnknownState where the bot lacks the new one.
    """
    new = known_state(runtime, new, force=False)
    with runtime.database.write() as connection:
        moved = timers.retarget(connection, old, new)
        if moved:
            now = runtime.database.now(connection)
            details = {"from": old, "to_state": new, "timers": moved}
            audit.append(connection, now, actor, "retarget_timers", "", **details)
    return moved
