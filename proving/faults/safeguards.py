"""How mutations break things: each function removes one safeguard from its process."""

import threading
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import phonenumbers
from sqlalchemy import Connection, select
from sqlalchemy.orm import aliased

from pipeline import gates, receive, sweep
from pipeline.conversation.pending import Failure
from pipeline.converse import record
from pipeline.dispatch import callbacks as merging
from pipeline.enums import Direction, EntryStatus, Status
from pipeline.errors import WebhookRejected
from pipeline.providers import addresses
from pipeline.records import bulk, joining
from pipeline.records.core import inbox, leases, messages, outbox, parked
from pipeline.records.core.contacts import Contact
from pipeline.records.core.lanes import Lane
from pipeline.records.core.outbox import Delivery, Head
from pipeline.records.core.status_callbacks import CallbackRow

Rows = Sequence[dict[str, Any]]
_LATER_SECONDS = 0.5


def answer_before_commit() -> None:
    def take(self: Any, accepted: receive.Accepted) -> None:
        self._start()
        self._arrivals.put(accepted)

    _put(receive.Receiver, "_take", take)


def know_no_repetition() -> None:
    _put(inbox, "append", lambda connection, rows: bulk.add(connection, inbox.Entry, rows))


def respect_no_fence() -> None:
    def all_held(
        connection: Connection, direction: Direction, _token: Any, keys: Collection[str]
    ) -> set[str]:
        leases.lock(connection, direction, keys)
        return set(keys)

    def settled(
        connection: Connection, ids: Sequence[int], status: EntryStatus, now: datetime
    ) -> int:
        settle(connection, ids, status, now)
        return len(ids)

    settle = inbox.settle
    _put(inbox, "settle", settled)
    _put(leases, "lock_held", all_held)
    respect_no_version()


def respect_no_version() -> None:
    _put(record, "_with_current_versions", lambda _connection, batch: list(batch))


def respect_no_lease() -> None:
    def claimed(connection: Connection, direction: Any, lease: leases.Lease, **more: Any) -> Any:
        return claim(connection, direction, lease._replace(now=lease.until), **more)

    claim = leases.claim
    _put(leases, "claim", claimed)
    # A lane in somebody's hands falls due at the end of its lease: as if it were there already.
    _put(leases, "IS_FREE", Lane.due_at.is_not(None) & Lane.key.is_not(None))


def take_the_newest_first() -> None:
    def newest(key: Any, limit: int) -> Any:
        return heads(key, limit).order_by(None).order_by(inbox.Entry.id.desc())

    heads = inbox._heads  # noqa: SLF001 (a mutation needs internals)
    _put(inbox, "_heads", newest)


def record_replies_apart() -> None:
    def enqueue(connection: Connection, rows: Rows, keys: Collection[str], now: datetime) -> None:
        heard = [row for row in rows if row["direction"] == "inbound"]
        replies = [row for row in rows if row["direction"] == "outbound"]
        messages.append(connection, heard)
        later = threading.Timer(_LATER_SECONDS, write, (connection.engine, replies, keys, now))
        later.daemon = True
        later.start()

    def write(engine: Any, replies: Rows, keys: Collection[str], now: datetime) -> None:
        with engine.begin() as connection:
            together(connection, replies, keys, now)

    together = outbox.enqueue
    _put(outbox, "enqueue", enqueue)


def mark_no_sending() -> None:
    _put(outbox, "begin", lambda _connection, _deliveries, _now: None)


def send_the_newest_first() -> None:
    newest = (
        select(messages.Message.id)
        .where(messages.Message.contact_id == Contact.id)
        .where(messages.IS_PENDING)
        .order_by(messages.Message.id.desc())
        .limit(1)
        .correlate(Contact)
        .scalar_subquery()
    )
    earlier = aliased(messages.Message)
    has_next = (
        select(earlier.id)
        .where(earlier.contact_id == Contact.id, earlier.id < messages.Message.id)
        .where(earlier.settled_at.is_(None))
        .correlate(Contact, messages.Message)
        .exists()
    )
    _put(outbox, "_OLDEST", newest)
    _put(outbox, "_HAS_NEXT", has_next)


def believe_the_last_callback() -> None:
    def apply(delivery: Delivery, callback: CallbackRow, _: Status) -> Delivery:
        last = Status.of(callback.status) or delivery.status
        return delivery._replace(provider_id=callback.provider_id, status=last)

    _put(merging, "apply", apply)


def never_sweep() -> None:
    _put(sweep, "wake_for_waiting_work", lambda _database, _notify: None)


def open_the_gates() -> None:
    _put(gates, "refusal", lambda _head, _now, _limits: None)


def hide_what_is_tried_again() -> None:
    def fail(
        connection: Connection, entry_id: int, failure: Failure, now: datetime, **more: Any
    ) -> None:
        if failure.is_final:
            noted(connection, entry_id, failure, now, **more)

    noted = parked.fail
    _put(parked, "fail", fail)


def refuse_impossible_numbers() -> None:
    def plausible(raw: str, field: str = "From") -> addresses.Address:
        found = contact(raw, field)
        if not (found.phone and phonenumbers.is_possible_number(phonenumbers.parse(found.phone))):
            raise WebhookRejected(f"{field}: not a possible number")
        return found

    contact = addresses.contact
    _put(addresses, "contact", plausible)


def take_each_address_for_a_contact() -> None:
    _put(joining, "are_apart", lambda _known, _key, _names: False)


def answer_the_usual_address() -> None:
    _put(Head, "recipient", property(lambda head: head.phone or head.key))


def _put(owner: Any, name: str, new: Any) -> None:
    if not hasattr(owner, name):
        raise AttributeError(f"{owner} no longer has {name}; fix proving/faults/safeguards.py")
    setattr(owner, name, new)
