"""Moves by hand: what a state, reset or bulk change writes for the conversations it moves."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from pipeline import crash
from pipeline.botkit import Bot, State, moved_by_hand
from pipeline.crash import Point
from pipeline.enums import EntryKind
from pipeline.messages import storable
from pipeline.records.core import contacts, conversations, inbox, timers, transitions


@dataclass(frozen=True, slots=True)
class Move:
    """Where conversations are moved, by whom and why; `also` are further columns to set."""

    to_state: str
    actor: str
    reason: str
    at: datetime
    also: dict[str, Any] = field(default_factory=dict)


def move(connection: Connection, bot: Bot, befores: Sequence[Row[Any]], wanted: Move) -> None:
    """Move locked conversations; turns in flight are thrown away (promise P8)."""
    were = {before.id: before.state for before in befores}
    state = bot.states.get(wanted.to_state)
    has_entry_action = state is not None and state.has_entry_action
    changes = [_change(before, wanted, has_entry_action=has_entry_action) for before in befores]
    conversations.save(connection, changes, were)
    transitions.append(connection, [_step(bot, before, wanted) for before in befores])
    timers.disarm(connection, [before.id for before in befores])
    if state:
        _enter(connection, befores, state, wanted.at)
    crash.point(Point.OVERRIDE_MOVING)


def _change(before: Row[Any], wanted: Move, *, has_entry_action: bool) -> dict[str, Any]:
    memory = wanted.also.get("memory", before.memory)
    return {
        "id": before.id,
        "state": wanted.to_state,
        "state_seq": before.state_seq + 1,
        # What the bot offered in the state before is no answer in this one.
        "choices": [],
        **wanted.also,
        "memory": moved_by_hand(memory, wanted.to_state, has_entry_action=has_entry_action),
    }


def _step(bot: Bot, before: Row[Any], wanted: Move) -> dict[str, Any]:
    return {
        "conversation_id": before.id,
        "from_state": before.state,
        "to_state": wanted.to_state,
        "cause": "operator",
        "actor": wanted.actor,
        "bot_version": bot.version,
        "data_before": before.data,
        "data_after": wanted.also.get("data", before.data),
        "reason": storable(wanted.reason),
        "created_at": wanted.at,
    }


def _enter(connection: Connection, befores: Sequence[Row[Any]], state: State, at: datetime) -> None:
    """Arm the timers of the state entered; an entry action runs in a turn of its own."""
    keys = contacts.keys_of(connection, [before.contact_id for before in befores])
    armed = [
        timer
        for before in befores
        for timer in timers.alarms(
            state.alarms, (before.id, keys[before.contact_id]), before.state_seq + 1, at
        )
    ]
    if armed:
        timers.arm(connection, armed)
    if state.has_entry_action:
        entries = [_enter_turn(before, keys[before.contact_id]) for before in befores]
        inbox.append(connection, [entry | {"received_at": at} for entry in entries])


def _enter_turn(before: Row[Any], lane: str) -> dict[str, Any]:
    stay = before.state_seq + 1
    payload = {"conversation_id": str(before.id), "state_seq": stay}
    return inbox.internal(EntryKind.ENTER, f"{before.id}:{stay}", lane, payload)


def enter_now(connection: Connection, talk: Row[Any], lane: str, at: datetime) -> None:
    """A turn that enters the state which a talk was put into while the bot was silent."""
    payload = {"conversation_id": str(talk.id), "state_seq": talk.state_seq}
    name = f"{talk.id}:{talk.state_seq}:{at.isoformat()}"
    inbox.append(
        connection, [inbox.internal(EntryKind.ENTER, name, lane, payload) | {"received_at": at}]
    )


def arm_alarms(
    connection: Connection,
    whose: tuple[uuid.UUID, str],
    state: State,
    state_seq: int,
    now: datetime,
) -> None:
    """Set the timers of a state that is taken up again; `whose`: conversation and lane."""
    if state.alarms:
        timers.arm(connection, timers.alarms(state.alarms, whose, state_seq, now))
