"""Take over and release: who answers a conversation, an operator or the bot.

A timed take-over arms a timer; pipeline/sweep moves it to the inbox, and its turn releases.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from pipeline import crash
from pipeline.botkit import is_unentered
from pipeline.crash import Point
from pipeline.enums import Direction, Holder
from pipeline.errors import ChangeRefused
from pipeline.override.moving import arm_alarms, enter_now
from pipeline.override.subject import contact_of, locked
from pipeline.records.accounts import audit
from pipeline.records.core import conversations, lanes, leases, outbox, timers
from pipeline.runtime import Runtime

LONGEST_TAKEOVER_MINUTES = 7 * 24 * 60
_TAKEN = "An operator took the conversation before this was sent."


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
        before = locked(connection, conversation_id)
        make_holder(connection, before, actor, minutes, now)


def refuse_impossible(minutes: int | None) -> None:
    """Raise ChangeRefused for a take-over that is too short or too long."""
    if minutes is not None and not 1 <= minutes <= LONGEST_TAKEOVER_MINUTES:
        raise ChangeRefused(f"A timed take-over lasts 1 to {LONGEST_TAKEOVER_MINUTES} minutes.")


def make_holder(
    connection: Connection, before: Row[Any], actor: str, minutes: int | None, now: datetime
) -> None:
    """Make `actor` the holder of a locked conversation."""
    until = now + timedelta(minutes=minutes) if minutes is not None else None
    conversations.change(
        connection, before.id, holder=Holder.OPERATOR, held_by=actor, held_until=until
    )
    contact = contact_of(connection, before.contact_id)
    timers.disarm(connection, [before.id], timers.RELEASE)
    if until:
        stay = (before.state, before.state_seq)
        timer = timers.row(before.id, contact.key, timers.RELEASE, stay, now, until - now)
        timers.arm(connection, [timer])
    leases.lock(connection, Direction.OUTBOUND, [contact.key])
    outbox.cancel_replies(connection, before.id, _TAKEN, now)
    lanes.wake(connection, Direction.OUTBOUND, [contact.key], now)
    details = {"minutes": minutes} if minutes is not None else {}
    audit.append(connection, now, actor, "hold", str(before.id), **details)
    crash.point(Point.OVERRIDE_TAKING_OVER)


def release(runtime: Runtime, conversation_id: uuid.UUID, *, actor: str) -> None:
    """Let the bot answer again, from the state the conversation is in.

    A state that was set meanwhile is entered now. The caller wakes converse.
    """
    with runtime.database.write() as connection:
        now = runtime.database.now(connection)
        before = locked(connection, conversation_id)
        conversations.change(
            connection, conversation_id, holder=Holder.BOT, held_by="", held_until=None
        )
        timers.disarm(connection, [conversation_id], timers.RELEASE)
        contact = contact_of(connection, before.contact_id)
        if state := runtime.bot.definition.known(before.state):
            # A time-out that came due meanwhile did nothing.
            arm_alarms(connection, (before.id, contact.key), state, before.state_seq, now)
            if is_unentered(before.memory):
                enter_now(connection, before, contact.key, now)
        audit.append(connection, now, actor, "give_back", str(conversation_id))
