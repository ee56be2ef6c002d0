"""States set by hand: change, start over, end; a turn in flight is thrown away (promise P8).

Next, after a wake-up: the "enter" entry of a SEND-state goes to pipeline/converse.
"""

import uuid
from datetime import datetime

from sqlalchemy import Connection

from pipeline.enums import Direction, Holder
from pipeline.errors import UnknownState
from pipeline.messages import storable
from pipeline.override.moving import Move, move
from pipeline.override.subject import contact_of, locked, start_of
from pipeline.records.accounts import audit
from pipeline.records.core import conversations, lanes, leases, outbox, timers
from pipeline.runtime import Runtime

_STARTED_OVER = "The conversation was started over before this was sent."
FREE = {"holder": Holder.BOT, "held_by": "", "held_until": None}


def change_state(
    runtime: Runtime,
    conversation_id: uuid.UUID,
    state: str,
    *,
    actor: str,
    reason: str = "",
    force: bool = False,
) -> None:
    """Move a conversation to a state; a turn in flight is thrown away (promise P8).

    Raises UnknownState for one that the bot lacks, unless `force`.
    """
    state = wanted_state(runtime, state, force=force)
    with runtime.database.write() as connection:
        now = runtime.database.now(connection)
        before = locked(connection, conversation_id)
        move(connection, runtime.bot, [before], Move(state, actor, reason, now))
        audit.append(
            connection,
            now,
            actor,
            "change_state",
            str(conversation_id),
            before=before.state,
            after=state,
        )


def wanted_state(runtime: Runtime, state: str, *, force: bool) -> str:
    """The state as it is stored. Raises UnknownState for one that the bot lacks, unless `force`."""
    state = storable(state)
    if not state.strip() or (state not in runtime.bot.states and not force):
        known = ", ".join(runtime.bot.states)
        raise UnknownState(f"{runtime.bot.name} has no state {state!r}; it has: {known}")
    return state


def reset(runtime: Runtime, conversation_id: uuid.UUID, *, actor: str, reason: str = "") -> None:
    """Put a conversation back to the start: data emptied, timers cancelled, the bot answers.

    The bot's replies that still wait belong to what is thrown away, and are cancelled.
    """
    start = start_of(runtime)
    with runtime.database.write() as connection:
        now = runtime.database.now(connection)
        before = locked(connection, conversation_id)
        wanted = Move(start, actor, reason, now, {"data": {}, "memory": {}, **FREE})
        move(connection, runtime.bot, [before], wanted)
        timers.disarm(connection, [conversation_id], timers.RELEASE)
        key = contact_of(connection, before.contact_id).key
        _cancel_replies(connection, conversation_id, key, now)
        audit.append(connection, now, actor, "reset", str(conversation_id), before=before.state)


def end(runtime: Runtime, conversation_id: uuid.UUID, *, actor: str) -> None:
    """Close a conversation: its timers are cancelled; the contact's next message opens a new one.

    What waits to be sent still goes out.
    """
    with runtime.database.write() as connection:
        now = runtime.database.now(connection)
        before = locked(connection, conversation_id)
        conversations.change(connection, conversation_id, closed_at=now, choices=[], **FREE)
        timers.disarm(connection, [conversation_id])
        timers.disarm(connection, [conversation_id], timers.RELEASE)
        audit.append(connection, now, actor, "end", str(conversation_id), before=before.state)


def _cancel_replies(
    connection: Connection, conversation_id: uuid.UUID, key: str, now: datetime
) -> None:
    leases.lock(connection, Direction.OUTBOUND, [key])
    if outbox.cancel_replies(connection, conversation_id, _STARTED_OVER, now):
        lanes.wake(connection, Direction.OUTBOUND, [key], now)
