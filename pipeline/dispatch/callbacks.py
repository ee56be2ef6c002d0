"""Merging status callbacks into their messages: any order, any number of times, never backwards.

A callback also settles a message with an unknown outcome, because its URL carries our id. If it
reports an opt-out, the contact is marked as opted out, as after a refused send: a Messaging Service
reports this only after it has accepted the message.
"""

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DataError, IntegrityError

from pipeline import crash
from pipeline.conversation.consent import scope
from pipeline.crash import Point
from pipeline.database import Database
from pipeline.enums import ARRIVED, NOT_DELIVERED, STATUS_RANK, Direction, Status
from pipeline.records.core import contacts, lanes, leases, messages, outbox, status_callbacks
from pipeline.records.core.outbox import Delivery
from pipeline.records.core.status_callbacks import CallbackRow

log = structlog.get_logger(__name__)
_AT_ONCE = 200
_FAILED_RANK = STATUS_RANK[Status.FAILED]
# The database will never accept the row, however often it is retried.
_REFUSALS = (IntegrityError, DataError)
IsOptOut = Callable[[str], bool]


def merge_waiting(database: Database, is_opt_out: IsOptOut) -> int:
    """Merge waiting callbacks; returns how many were read.

    `is_opt_out` says of a provider's error code whether the contact opted out. A callback that the
    database refuses, such as one with the id of another message, does not hold up the others.
    """
    with database.read() as connection:
        ids = status_callbacks.waiting(connection, _AT_ONCE)
    if not ids:
        return 0
    try:
        _merge_together(database, ids, is_opt_out)
    except _REFUSALS:
        for callback_id in ids:
            _merge_alone(database, callback_id, is_opt_out)
    return len(ids)


def _merge_alone(database: Database, callback_id: int, is_opt_out: IsOptOut) -> None:
    try:
        _merge_together(database, [callback_id], is_opt_out)
    except _REFUSALS as error:
        log.warning("status callback refused", id=callback_id, error=type(error).__name__)
        with database.write() as connection:
            status_callbacks.mark(connection, [callback_id], "refused")


def _merge_together(database: Database, ids: Sequence[int], is_opt_out: IsOptOut) -> None:
    with database.write() as connection:
        waiting = status_callbacks.lock(connection, ids)
        if waiting:
            _merge(connection, waiting, is_opt_out, database.now(connection))
            crash.point(Point.DISPATCH_MERGING)


def _merge(
    connection: Connection, waiting: Sequence[CallbackRow], is_opt_out: IsOptOut, now: datetime
) -> None:
    found = _matches(connection, waiting)
    wanted = set(found.values())
    pending_lanes = outbox.lanes_of_pending(connection, wanted)
    if pending_lanes:
        leases.lock(connection, Direction.OUTBOUND, pending_lanes)
    before = outbox.lock(connection, wanted)
    after = dict(before)
    opted_out: dict[int, datetime] = {}
    for callback in waiting:
        message_id = found.get(callback.id)
        if message_id is None or _is_of_another_sending(callback, after[message_id]):
            continue
        status = status_of(callback.status)
        if is_opt_out(callback.error_code) and STATUS_RANK[status] == _FAILED_RANK:
            status, opted_out[message_id] = Status.SUPPRESSED, callback.received_at
        after[message_id] = apply(after[message_id], callback, status)
    for key, delivery in after.items():
        _log_failure(before[key], delivery)
    if after:
        outbox.save(connection, [after[key].since(row, now) for key, row in before.items()])
    if pending_lanes:
        lanes.wake(connection, Direction.OUTBOUND, pending_lanes, now)
    _opt_out(connection, [(before[key], at) for key, at in opted_out.items()])
    _mark(connection, waiting, found)


def _log_failure(before: Delivery, after: Delivery) -> None:
    """One line for a message that was not delivered, with the id that leads to it."""
    if after.status in NOT_DELIVERED and before.status not in NOT_DELIVERED:
        log.warning(
            "message not delivered",
            message=str(after.public_id),
            status=after.status,
            reason=after.error,
            code=after.error_code,
        )


def _mark(connection: Connection, waiting: Sequence[CallbackRow], found: dict[int, int]) -> None:
    status_callbacks.mark(connection, [row.id for row in waiting if row.id in found], "applied")
    if unmatched := [row.id for row in waiting if row.id not in found]:
        log.info("status callbacks of unknown messages kept", count=len(unmatched))
        status_callbacks.mark(connection, unmatched, "unmatched")


def _opt_out(connection: Connection, refused: Sequence[tuple[Delivery, datetime]]) -> None:
    for delivery, at in sorted(refused, key=lambda item: item[0].contact_id):
        where = scope(delivery.channel, delivery.our_number)
        contacts.set_opt_out(connection, delivery.contact_id, where, at)


def _matches(connection: Connection, waiting: Sequence[CallbackRow]) -> dict[int, int]:
    """Callback id -> message id, by our own id in the callback's URL or by the provider's."""
    ours = {callback.id: _uuid(callback.message_id) for callback in waiting}
    by_public = messages.ids_by_public_id(connection, [u for u in ours.values() if u])
    by_provider = messages.sent_by_provider_id(connection, [c.provider_id for c in waiting])
    found = {}
    for callback in waiting:
        public = ours[callback.id]
        message_id = by_provider.get(callback.provider_id) or (
            by_public.get(public) if public else None
        )
        if message_id:
            found[callback.id] = message_id
    return found


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def status_of(word: str) -> Status:
    """The status for a provider's status name; "accepted" for every status before "sent".

    A name that Parley does not know still shows that the provider has the message.
    """
    status = Status.of(word)
    if status is None:
        log.warning("unknown delivery status kept", status=word)
    known = status or Status.ACCEPTED
    return known if STATUS_RANK.get(known, 0) >= STATUS_RANK[Status.SENT] else Status.ACCEPTED


def _is_of_another_sending(callback: CallbackRow, delivery: Delivery) -> bool:
    if delivery.provider_id in {None, callback.provider_id}:
        return False
    log.warning("status callback of another sending", message=str(delivery.public_id))
    return True


def apply(delivery: Delivery, callback: CallbackRow, status: Status) -> Delivery:
    """The message after a callback with this status; its status never goes backwards."""
    times = {status.value: callback.received_at.isoformat()} | delivery.status_times
    merged = delivery._replace(provider_id=callback.provider_id, status_times=times)
    before, after = STATUS_RANK[delivery.status], STATUS_RANK[status]
    if after > before:
        merged = merged._replace(status=status)
    if status in ARRIVED:
        # Then no error is true any more, whatever carriers reported before or with it.
        merged = merged._replace(error_code="", error="")
    # A callback without a code never clears the provider's code; it does clear our own reason.
    elif after >= before and (callback.error_code or before < min(after, _FAILED_RANK)):
        merged = merged._replace(error_code=callback.error_code, error=callback.error)
    return merged
