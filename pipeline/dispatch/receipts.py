"""Merging status callbacks into their messages: any order, any number of times, never backwards.

A callback also settles a message whose sending nobody knew the outcome of: its URL carries our id.
One that says the contact opted out is mirrored on the contact, as an answer to a send is: a
Messaging Service learns of it only after it has taken the message.
"""

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection, Row

from pipeline import crash
from pipeline.crash import Point
from pipeline.database import Database
from pipeline.enums import STATUS_RANK, Direction, Status
from pipeline.records.core import contacts, lanes, leases, messages, outbox, receipts

log = structlog.get_logger(__name__)
_AT_ONCE = 200
_ENDED_BADLY = STATUS_RANK[Status.FAILED]

IsOptOut = Callable[[str], bool]


def merge_waiting(database: Database, is_opt_out: IsOptOut) -> int:
    """Merge callbacks that wait; returns how many were looked at.

    `is_opt_out` tells of a provider's error code whether the contact opted out.
    """
    with database.read() as connection:
        if not receipts.has_waiting(connection):
            return 0
    with database.write() as connection:
        waiting = receipts.take_waiting(connection, _AT_ONCE)
        if waiting:
            _merge(connection, waiting, is_opt_out, database.now(connection))
            crash.point(Point.DISPATCH_MERGING)
    return len(waiting)


def _merge(
    connection: Connection, waiting: Sequence[Row[Any]], is_opt_out: IsOptOut, now: datetime
) -> None:
    ids = _matches(connection, waiting)
    wanted = set(ids.values())
    pending_lanes = outbox.lanes_of_pending(connection, wanted)
    if pending_lanes:
        leases.lock(connection, Direction.OUTBOUND, pending_lanes)
    merged = {row.id: _Merged(row) for row in outbox.lock(connection, wanted).values()}
    for receipt in waiting:
        if receipt.id in ids:
            merged[ids[receipt.id]].add(receipt, is_opt_out(receipt.error_code))
    changes = [item.change(now) for item in merged.values()]
    if changes:
        outbox.save(connection, changes)
    if pending_lanes:
        lanes.wake(connection, Direction.OUTBOUND, pending_lanes, now)
    _opt_out(connection, [item for item in merged.values() if item.opted_out_at])
    receipts.mark(connection, [r.id for r in waiting if r.id in ids], "applied")
    if unmatched := [r.id for r in waiting if r.id not in ids]:
        log.info("receipts of unknown messages kept", count=len(unmatched))
        receipts.mark(connection, unmatched, "unmatched")


def _opt_out(connection: Connection, refused: Sequence["_Merged"]) -> None:
    for item in sorted(refused, key=lambda item: item.row.contact_id):
        where = contacts.scope(item.row.channel, item.row.our_number)
        contacts.set_opt_out(connection, item.row.contact_id, where, item.opted_out_at)


def _matches(connection: Connection, waiting: Sequence[Row[Any]]) -> dict[int, int]:
    """Callback id -> message id, by our own id in the callback's URL or by the provider's."""
    ours = {receipt.id: _uuid(receipt.message_id) for receipt in waiting}
    by_public = messages.ids_by_public_id(connection, [u for u in ours.values() if u])
    by_provider = messages.sent_by_provider_id(connection, [r.provider_id for r in waiting])
    found = {}
    for receipt in waiting:
        public = ours[receipt.id]
        message_id = by_provider.get(receipt.provider_id) or (
            by_public.get(public) if public else None
        )
        if message_id:
            found[receipt.id] = message_id
    return found


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _status(word: str) -> Status:
    """The status that a provider's word means; "accepted" for all that come before a carrier.

    A word that Parley does not know says at least that the provider has the message.
    """
    status = Status.of(word)
    if status is None:
        log.warning("unknown delivery status kept", status=word)
    known = status or Status.ACCEPTED
    return known if STATUS_RANK.get(known, 0) >= STATUS_RANK[Status.SENT] else Status.ACCEPTED


class _Merged:
    """A message and what its callbacks make of it."""

    def __init__(self, row: Row[Any]) -> None:
        self.row = row
        self.opted_out_at: datetime | None = None
        self._values: dict[str, Any] = {
            "status": row.status,
            "provider_id": row.provider_id,
            "error_code": row.error_code,
            "error": row.error,
            "status_times": row.status_times,
        }

    def add(self, receipt: Row[Any], is_opt_out: bool) -> None:
        values = self._values
        if values["provider_id"] not in {None, receipt.provider_id}:
            log.warning("status callback for another attempt", message=str(self.row.public_id))
            return
        values["provider_id"] = receipt.provider_id
        status = _status(receipt.status)
        if is_opt_out and STATUS_RANK[status] == _ENDED_BADLY:
            status, self.opted_out_at = Status.SUPPRESSED, receipt.received_at
        times = {status.value: receipt.received_at.isoformat()} | values["status_times"]
        values["status_times"] = times
        before, after = STATUS_RANK[values["status"]], STATUS_RANK[status]
        if after > before:
            values["status"] = status
        # The provider's code is never cleared by a callback without one; a reason of ours is.
        if after >= before and (receipt.error_code or before < min(after, _ENDED_BADLY)):
            values["error_code"], values["error"] = receipt.error_code, receipt.error

    def change(self, now: datetime) -> dict[str, Any]:
        return outbox.change(self.row, now, **self._values)
