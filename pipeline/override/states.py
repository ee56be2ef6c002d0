"""States set by hand; a turn in flight is thrown away (promise P8).

Next, after a ring: the "enter" entry of a SEND-state goes to pipeline/converse.
"""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from pipeline.botkit import Bot, State
from pipeline.errors import UnknownState
from pipeline.messages import storable
from pipeline.override.subject import locked
from pipeline.records import audit, contacts, conversations, inbox, timers, transitions
from pipeline.runtime import Runtime


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
    state = storable(state)
    if not state.strip() or (state not in runtime.bot.states and not force):
        known = ", ".join(runtime.bot.states)
        raise UnknownState(f"{runtime.bot.name} has no state {state!r}; it has: {known}")
    with runtime.database.write() as connection:
        now = runtime.database.now(connection)
        before = locked(connection, conversation_id)
        _move(connection, runtime.bot, before, {"state": state}, (actor, reason, now))
        audit.append(
            connection,
            now,
            actor,
            "change_state",
            str(conversation_id),
            before=before.state,
            after=state,
        )


def reset(runtime: Runtime, conversation_id: uuid.UUID, *, actor: str, reason: str = "") -> None:
    """Put a conversation back to the start: data emptied, timers cancelled, the bot answers."""
    with runtime.database.write() as connection:
        now = runtime.database.now(connection)
        before = locked(connection, conversation_id)
        fresh: dict[str, Any] = {
            "state": runtime.bot.start,
            "data": {},
            "holder": "bot",
            "held_by": "",
            "held_until": None,
        }
        _move(connection, runtime.bot, before, fresh, (actor, reason, now))
        audit.append(connection, now, actor, "reset", str(conversation_id), before=before.state)


def _move(
    connection: Connection,
    bot: Bot,
    before: Row[Any],
    changes: dict[str, Any],
    by: tuple[str, str, datetime],
) -> None:
    actor, reason, now = by
    stay = before.state_seq + 1
    # What the bot offered in the state before is no answer in this one.
    conversations.change(connection, before.id, state_seq=stay, choices=[], **changes)
    step = {
        "conversation_id": before.id,
        "from_state": before.state,
        "to_state": changes["state"],
        "cause": "operator",
        "actor": actor,
        "bot_version": bot.version,
        "data_before": before.data,
        "data_after": changes.get("data", before.data),
        "reason": storable(reason),
        "created_at": now,
    }
    transitions.append(connection, [step])
    _settle(connection, bot, before, (changes["state"], stay), now)


def _settle(
    connection: Connection, bot: Bot, before: Row[Any], entered: tuple[str, int], now: datetime
) -> None:
    """Arm the time-out of the state entered; a SEND-state gets a turn so that it runs."""
    name, stay = entered
    state = bot.states.get(name)
    contact = contacts.by_id(connection, before.contact_id)
    timers.disarm(connection, [before.id])
    if state is None or contact is None:
        return
    arm_timeout(connection, before.id, contact.key, state, stay, now)
    if state.sort == "send":
        payload = {"conversation_id": str(before.id), "state_seq": stay}
        entry = inbox.internal("enter", f"{before.id}:{stay}", contact.key, payload)
        inbox.append(connection, [entry | {"received_at": now}])


def arm_timeout(
    connection: Connection,
    conversation_id: uuid.UUID,
    lane: str,
    state: State,
    stay: int,
    now: datetime,
) -> None:
    """Set the time-out of a state that is entered, or taken up again, now."""
    if not (state.timeout and state.on_timeout):
        return
    timeout = {
        "conversation_id": conversation_id,
        "lane": lane,
        "name": "timeout",
        "to_state": state.on_timeout,
        "state_seq": stay,
        "armed_at": now,
        "due_at": now + state.timeout,
    }
    timers.arm(connection, [timeout])
