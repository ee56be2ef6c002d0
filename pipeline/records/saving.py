"""Saves pending changes: the only place that makes rows of contacts, conversations and the like.

Locks are acquired in the usual order: inbound lanes and conversations before outbound lanes,
messages and contacts. The caller holds the conversations' locks and has checked their versions.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import Connection

from pipeline.conversation.pending import Failure, LoggedInbound, Pending
from pipeline.conversation.values import Contact, Conversation, Timer, Transition
from pipeline.enums import Direction, EntryKind, EntryStatus, TimerKind
from pipeline.errors import ParleyError
from pipeline.jsons import JsonObject
from pipeline.records import contact_changes
from pipeline.records.core import (
    addresses,
    contacts,
    conversations,
    inbox,
    lanes,
    leases,
    log_rows,
    messages,
    outbox,
    parked,
    timers,
    transitions,
)
from pipeline.records.core.addresses import Seen

log = structlog.get_logger(__name__)


class LostFenceError(ParleyError):
    """These turns were overtaken by another change; they are discarded and run again."""


def save(connection: Connection, batch: Sequence[Pending], now: datetime) -> None:
    """Save everything that is pending. Raises LostFenceError if an entry is settled already."""
    changed = [(lane, c) for lane in batch for c in lane.conversations if c.changes.is_any]
    _contacts(connection, batch)
    _conversations(connection, [conversation for _, conversation in changed])
    _cancel_replies(connection, changed, now)
    save_log(connection, batch, now)
    if steps := [
        _transition(conversation.id, step)
        for _, conversation in changed
        for step in conversation.changes.transitions
    ]:
        transitions.append(connection, steps)
    _timers(connection, batch)
    if owed := [
        _entry_action(conversation, lane.key, now)
        for lane, conversation in changed
        if conversation.changes.is_entry_due
    ]:
        inbox.append(connection, owed)
    _settle(connection, batch, now)
    if not contact_changes.save(connection, batch, now):
        raise LostFenceError


def _contacts(connection: Connection, batch: Sequence[Pending]) -> None:
    if new := [_contact(lane.contact) for lane in batch if lane.contact and lane.contact.is_new]:
        contacts.create(connection, new)


def add_contact(connection: Connection, contact: Contact) -> Contact:
    """Add a contact; returns the one who was there under this key already, if any."""
    contacts.create_new(connection, _contact(contact))
    return contacts.load_by_keys(connection, [contact.key])[contact.key]


def _conversations(connection: Connection, changed: Sequence[Conversation]) -> None:
    # The old ones first: a contact has one open conversation on a channel and number.
    if known := [one for one in changed if not one.is_new]:
        before = {one.id: one.state_before for one in known}
        conversations.save(connection, [_changed(one) for one in known], before)
    if opened := [_opened(one) for one in changed if one.is_new]:
        conversations.create(connection, opened)


def _cancel_replies(
    connection: Connection, changed: Sequence[tuple[Pending, Conversation]], now: datetime
) -> None:
    """Cancel queued replies, so that what an operator writes is not behind them."""
    for lane, conversation in changed:
        if reason := conversation.changes.cancel_replies:
            leases.lock(connection, Direction.OUTBOUND, [lane.key])
            outbox.cancel_replies(connection, conversation.id, reason, now)
            lanes.wake(connection, Direction.OUTBOUND, [lane.key], now)


def save_log(connection: Connection, batch: Sequence[Pending], now: datetime) -> None:
    """Log the messages in order, and queue the outbound ones."""
    rows = [
        log_rows.inbound_row(item) if isinstance(item, LoggedInbound) else log_rows.queued_row(item)
        for lane in batch
        for item in lane.log
    ]
    if seen := [
        Seen(item.contact_id, lane.key, item.message.channel, name, at)
        for lane in batch
        for item in lane.log
        if isinstance(item, LoggedInbound)
        for name, at in item.seen
    ]:
        addresses.note(connection, seen)
    if sending := {lane.key for lane in batch if lane.sends}:
        outbox.enqueue(connection, rows, sending, now)
    elif rows:
        messages.append(connection, rows)


def _timers(connection: Connection, batch: Sequence[Pending]) -> None:
    cancelled: dict[frozenset[TimerKind], list[UUID]] = {}
    armed: list[JsonObject] = []
    for lane in batch:
        for conversation in lane.conversations:
            changes = conversation.changes
            if changes.cancelled and not conversation.is_new:
                cancelled.setdefault(changes.cancelled, []).append(conversation.id)
            armed += [_timer(conversation.id, lane.key, timer) for timer in changes.timers]
    for kinds, ids in cancelled.items():
        timers.cancel(connection, ids, kinds)
    if armed:
        timers.arm(connection, armed)


def _settle(connection: Connection, batch: Sequence[Pending], now: datetime) -> None:
    handled = [entry_id for lane in batch for entry_id in lane.handled]
    if handled and inbox.settle(connection, handled, EntryStatus.HANDLED, now) != len(handled):
        raise LostFenceError
    for lane in batch:
        if lane.failure:
            logged = {item.turn_id for item in lane.log if isinstance(item, LoggedInbound)}
            save_failure(connection, lane.failure, now, logged)


def save_failure(
    connection: Connection, failure: Failure, now: datetime, logged: Collection[int] = ()
) -> None:
    """Note a failed turn on its entries; a final one is parked. Those `logged` are in the log."""
    for entry_id in failure.entry_ids:
        parked.fail(connection, entry_id, failure, now, is_logged=entry_id in logged)
    log.error(
        "turn parked" if failure.is_final else "turn failed",
        turn=next(iter(failure.entry_ids), None),
        attempt=failure.attempt,
        conversation=str(failure.conversation_id or ""),
        **failure.facts,
    )


def _contact(contact: Contact) -> JsonObject:
    return {
        "id": contact.id,
        "key": contact.key,
        "phone": contact.phone,
        "name": contact.name,
        "attributes": contact.attributes,
        "opt_outs": contact.opt_outs,
        "is_blocked": contact.is_blocked,
        "created_at": contact.created_at,
        "last_seen_at": contact.seen_at,
    }


def _opened(conversation: Conversation) -> JsonObject:
    return {
        **_changed(conversation),
        "contact_id": conversation.contact_id,
        "channel": conversation.channel,
        "our_number": conversation.our_number,
        "version": 1,
        "opened_at": conversation.opened_at,
        "read_at": conversation.read_at,
    }


def _changed(conversation: Conversation) -> JsonObject:
    return {
        "id": conversation.id,
        "state": conversation.state,
        "state_seq": conversation.state_seq,
        "data": conversation.data,
        "choices": [[c.number, c.id, c.title] for c in conversation.choices],
        "memory": conversation.memory,
        "holder": conversation.holder,
        "held_by": conversation.held_by,
        "held_until": conversation.held_until,
        "last_message_at": conversation.last_message_at,
        "last_inbound_at": conversation.last_inbound_at,
        "closed_at": conversation.closed_at,
        "address": conversation.address,
    }


def _transition(conversation_id: UUID, step: Transition) -> JsonObject:
    origin = step.origin
    return {
        "conversation_id": conversation_id,
        "from_state": step.from_state,
        "to_state": step.to_state,
        "cause": origin.cause,
        "via": step.via,
        "actor": origin.actor,
        "turn_id": origin.turn_id,
        "bot_version": origin.bot_version,
        "data_before": step.data_before,
        "data_after": step.data_after,
        "reason": step.reason,
        "created_at": origin.at,
    }


def _timer(conversation_id: UUID, lane: str, timer: Timer) -> JsonObject:
    return {
        "conversation_id": conversation_id,
        "lane": lane,
        "name": timer.kind,
        "to_state": timer.to_state,
        "state_seq": timer.state_seq,
        "armed_at": timer.armed_at,
        "due_at": timer.due_at,
    }


def _entry_action(conversation: Conversation, lane: str, at: datetime) -> JsonObject:
    payload = {"conversation_id": str(conversation.id), "state_seq": conversation.state_seq}
    name = f"{conversation.id}:{conversation.state_seq}"
    if not conversation.changes.transitions:  # one that was owed, maybe since an earlier entry
        name = f"{name}:{at.isoformat()}"
    return inbox.internal(EntryKind.ENTER, name, lane, payload) | {"received_at": at}
