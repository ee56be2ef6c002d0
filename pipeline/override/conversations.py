"""An operator's changes to a conversation: state, holder, restart, end.

Each locks, loads, calls a rule of pipeline/conversation, saves and audits. The caller wakes
converse, where an entry action may be due.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from pipeline import crash
from pipeline.conversation import rules
from pipeline.conversation.values import Conversation, Origin
from pipeline.crash import Point
from pipeline.enums import Cause, Holder
from pipeline.errors import ChangeRefused, UnknownState
from pipeline.messages import storable
from pipeline.override.subject import locked, save, start_of
from pipeline.records.accounts import audit
from pipeline.runtime import Runtime
from pipeline.suggestions import did_you_mean

LONGEST_TAKEOVER_MINUTES = 7 * 24 * 60


@dataclass(frozen=True, slots=True)
class Change:
    """The state and the holder to set; `minutes` go with the holder "operator"."""

    state: str
    holder: Holder
    reason: str = ""
    force: bool = False
    minutes: int | None = None


def change_state(
    runtime: Runtime,
    conversation_id: uuid.UUID,
    state: str,
    *,
    actor: str,
    reason: str = "",
    force: bool = False,
) -> None:
    """Set the state of a conversation.

    Raises UnknownState for one that the bot lacks, unless `force`.
    """
    state = known_state(runtime, state, force=force)
    with runtime.database.write() as connection:
        now = runtime.database.now(connection)
        conversation = locked(connection, conversation_id)
        _move(connection, runtime, conversation, state, origin(runtime, actor, reason, now))
        save(connection, [conversation], now)


def change_state_and_holder(
    runtime: Runtime, conversation_id: uuid.UUID, change: Change, *, actor: str
) -> None:
    """Set the state and take over, or release, in one transaction: both or neither.

    Raises UnknownState and ChangeRefused as change_state and take_over do.
    """
    state = known_state(runtime, change.state, force=change.force)
    refuse_impossible(change.minutes)
    with runtime.database.write() as connection:
        now = runtime.database.now(connection)
        conversation = locked(connection, conversation_id)
        made = origin(runtime, actor, change.reason, now)
        _move(connection, runtime, conversation, state, made)
        if change.holder == Holder.BOT:
            _release(connection, runtime, conversation, actor, now)
        else:
            audit_take_over(connection, conversation, actor, change.minutes, now)
        save(connection, [conversation], now)


def reset(runtime: Runtime, conversation_id: uuid.UUID, *, actor: str, reason: str = "") -> None:
    """Restart a conversation: start state, no data, no timers, and the bot answers.

    The bot's queued replies are cancelled.
    """
    start_of(runtime)
    with runtime.database.write() as connection:
        now = runtime.database.now(connection)
        conversation = locked(connection, conversation_id)
        before = conversation.state
        rules.restart(conversation, runtime.bot, origin(runtime, actor, reason, now))
        audit.append(connection, now, actor, "reset", str(conversation_id), before=before)
        save(connection, [conversation], now)


def end(runtime: Runtime, conversation_id: uuid.UUID, *, actor: str) -> None:
    """Close a conversation: its timers are cancelled; the contact's next message opens another.

    Queued messages are still sent.
    """
    with runtime.database.write() as connection:
        now = runtime.database.now(connection)
        conversation = locked(connection, conversation_id)
        rules.close(conversation, now)
        before = conversation.state
        audit.append(connection, now, actor, "end", str(conversation_id), before=before)
        save(connection, [conversation], now)


def take_over(
    runtime: Runtime, conversation_id: uuid.UUID, *, actor: str, minutes: int | None = None
) -> None:
    """Pause the bot in a conversation; a turn in flight is discarded (promise P8).

    The bot's queued replies are cancelled, so that the operator's message is not behind them.
    With `minutes` the conversation is released after that time.
    """
    refuse_impossible(minutes)
    with runtime.database.write() as connection:
        now = runtime.database.now(connection)
        conversation = locked(connection, conversation_id)
        audit_take_over(connection, conversation, actor, minutes, now)
        save(connection, [conversation], now)


def release(runtime: Runtime, conversation_id: uuid.UUID, *, actor: str) -> None:
    """Let the bot answer again; where it does already, nothing changes."""
    with runtime.database.write() as connection:
        now = runtime.database.now(connection)
        conversation = locked(connection, conversation_id)
        if _release(connection, runtime, conversation, actor, now):
            save(connection, [conversation], now)


def known_state(runtime: Runtime, state: str, *, force: bool) -> str:
    """The state as it is stored. Raises UnknownState for one that the bot lacks, unless `force`."""
    state = storable(state)
    if not state.strip() or (state not in runtime.bot.states and not force):
        known = ", ".join(runtime.bot.states)
        like = did_you_mean(state, runtime.bot.states)
        raise UnknownState(f"{runtime.bot.name} has no state {state!r}; it has: {known}{like}")
    return state


def refuse_impossible(minutes: int | None) -> None:
    """Raise ChangeRefused for a take-over that is too short or too long."""
    if minutes is not None and not 1 <= minutes <= LONGEST_TAKEOVER_MINUTES:
        raise ChangeRefused(f"A timed take-over lasts 1 to {LONGEST_TAKEOVER_MINUTES} minutes.")


def origin(runtime: Runtime, actor: str, reason: str, at: datetime) -> Origin:
    """The origin of an operator's change: actor, time and reason."""
    version = runtime.bot.version
    return Origin(Cause.OPERATOR, actor, at, version, reason=storable(reason))


def audit_take_over(
    connection: Connection,
    conversation: Conversation,
    actor: str,
    minutes: int | None,
    at: datetime,
) -> None:
    """Take a locked conversation over; the caller saves it."""
    rules.take_over(conversation, actor, minutes, at)
    details = {"minutes": minutes} if minutes is not None else {}
    # The audit log is append-only, so these actions keep their old names "hold" and "give_back".
    audit.append(connection, at, actor, "hold", str(conversation.id), **details)
    crash.point(Point.OVERRIDE_TAKING_OVER)


def _move(
    connection: Connection, runtime: Runtime, conversation: Conversation, state: str, made: Origin
) -> None:
    steps = {"before": conversation.state, "after": state}
    rules.move(conversation, runtime.bot, state, made)
    audit.append(connection, made.at, made.actor, "change_state", str(conversation.id), **steps)


def _release(
    connection: Connection, runtime: Runtime, conversation: Conversation, actor: str, at: datetime
) -> bool:
    is_released = rules.release(conversation, runtime.bot, at)
    if is_released:
        audit.append(connection, at, actor, "give_back", str(conversation.id))
    return is_released
