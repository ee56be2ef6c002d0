"""Mutations: remove one safeguard from running processes, to see that the checks report it.

A checker that has never found anything proves nothing. `parley prove --broken NAME` plays the
scenario made for a mutation; the tests do so for each.
"""

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, text

from pipeline import gates, receive, sweep
from pipeline.converse import record
from pipeline.database import Database
from pipeline.dispatch import callbacks as merging
from pipeline.enums import Direction, EntryStatus, Status
from pipeline.records import bulk
from pipeline.records.core import inbox, leases, messages, outbox
from pipeline.records.core.contacts import Contact
from pipeline.records.core.lanes import Lane
from pipeline.records.core.outbox import Delivery
from pipeline.records.core.status_callbacks import CallbackRow

Rows = Sequence[dict[str, Any]]
_LATER_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Mutation:
    """One safeguard to remove, and what the checks must report.

    `scenario` shows it, as one of the `found` kinds of violation or as "error", its own assertion.
    `break_it` runs in each process before it works, `schema` once on the database (PostgreSQL).
    `is_quick` is looked at in CI, too.
    """

    what: str
    scenario: str
    found: frozenset[str]
    apply: Callable[[], None]
    schema: tuple[str, ...] = ()
    is_quick: bool = False

    def prepare(self, database: Database) -> None:
        """Remove from the database what would keep the promise anyway."""
        with database.write() as connection:
            for statement in self.schema:
                connection.execute(text(statement))


def _answer_before_commit() -> None:
    def take(self: Any, accepted: receive.Accepted) -> None:
        self._start()
        self._arrivals.put(accepted)

    _put(receive.Receiver, "_take", take)


def _know_no_repetition() -> None:
    _put(inbox, "append", lambda connection, rows: bulk.add(connection, inbox.Entry, rows))


def _respect_no_fence() -> None:
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
    _respect_no_version()


def _respect_no_version() -> None:
    _put(record, "_with_current_versions", lambda _connection, batch: list(batch))


def _respect_no_lease() -> None:
    def claimed(connection: Connection, direction: Any, lease: leases.Lease, **more: Any) -> Any:
        return claim(connection, direction, lease._replace(now=lease.until), **more)

    claim = leases.claim
    _put(leases, "claim", claimed)
    # A lane in somebody's hands falls due at the end of its lease: as if it were there already.
    _put(leases, "IS_FREE", Lane.due_at.is_not(None) & Lane.key.is_not(None))


def _take_the_newest_first() -> None:
    def newest(key: Any, limit: int) -> Any:
        return heads(key, limit).order_by(None).order_by(inbox.Entry.id.desc())

    heads = inbox._heads  # noqa: SLF001 (a mutation needs internals)
    _put(inbox, "_heads", newest)


def _record_replies_apart() -> None:
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


def _mark_no_sending() -> None:
    _put(outbox, "begin", lambda _connection, _deliveries, _now: None)


def _send_the_newest_first() -> None:
    newest = (
        select(messages.Message.id)
        .where(messages.Message.contact_id == Contact.id)
        .where(messages.IS_PENDING)
        .order_by(messages.Message.id.desc())
        .limit(1)
        .correlate(Contact)
        .scalar_subquery()
    )
    _put(outbox, "_OLDEST", newest)


def _believe_the_last_callback() -> None:
    def apply(delivery: Delivery, callback: CallbackRow, _: Status) -> Delivery:
        last = Status.of(callback.status) or delivery.status
        return delivery._replace(provider_id=callback.provider_id, status=last)

    _put(merging, "apply", apply)


def _never_sweep() -> None:
    _put(sweep, "wake_for_waiting_work", lambda _database, _notify: None)


def _open_the_gates() -> None:
    _put(gates, "refusal", lambda _head, _now, _limits: None)


def _put(owner: Any, name: str, new: Any) -> None:
    if not hasattr(owner, name):
        raise AttributeError(f"{owner} no longer has {name}; fix proving/faults/mutations.py")
    setattr(owner, name, new)


_TWICE = frozenset({"doubled", "wrong effects", "sent twice", "unexpected"})
MUTATIONS: dict[str, Mutation] = {
    "answer-before-commit": Mutation(
        "A webhook is answered before its row is committed.",
        "F3 database killed",
        # Where the run is slow, the pull finds in time what was lost.
        frozenset({"lost", "error"}),
        _answer_before_commit,
    ),
    "no-unique-key": Mutation(
        "The same webhook twice is two entries.",
        "F2 same webhook twenty times",
        _TWICE,
        _know_no_repetition,
        (
            "ALTER TABLE inbox DROP CONSTRAINT uq_inbox_provider_id_provider_account_id",
            "DROP INDEX uq_message_provider_id",
        ),
        is_quick=True,
    ),
    "no-fences": Mutation(
        "A worker that lost its lease records anyway.",
        "F21 stalled beyond the lease",
        _TWICE,
        _respect_no_fence,
        (
            "ALTER TABLE message DROP CONSTRAINT uq_message_turn_id_ordinal",
            "DROP INDEX uq_message_provider_id",
        ),
    ),
    "no-leases": Mutation(
        "A lane in one worker's hands can be claimed by another.",
        "F0 two of each",
        frozenset({"overlapped"}),
        _respect_no_lease,
    ),
    "newest-turn-first": Mutation(
        "A contact's newest message is processed first.",
        "F0 workers away",
        frozenset({"reordered"}),
        _take_the_newest_first,
        is_quick=True,
    ),
    "replies-apart": Mutation(
        "Replies are recorded half a second after their turn.",
        "F19 workers killed",
        frozenset({"torn"}),
        _record_replies_apart,
    ),
    "sending-unmarked": Mutation(
        "A message is not marked as being sent before the call.",
        "crash dispatch.called",
        frozenset({"sent twice"}),
        _mark_no_sending,
    ),
    "newest-reply-first": Mutation(
        "A contact's newest reply is sent first.",
        "F0 workers away",
        frozenset({"sent out of order"}),
        _send_the_newest_first,
    ),
    "last-callback-wins": Mutation(
        "Whatever callback comes last is the status.",
        "F38 callbacks in any order",
        frozenset({"backwards"}),
        _believe_the_last_callback,
        is_quick=True,
    ),
    "no-sweep": Mutation(
        "Nothing sends wake-ups for what was left behind.",
        "F15 no wake-ups at all",
        frozenset({"undrained"}),
        _never_sweep,
    ),
    "no-versions": Mutation(
        "A turn in flight overwrites what an operator has set.",
        "P8 operator moves during turns",
        frozenset({"error", "wrong effects"}),
        _respect_no_version,
    ),
    "no-gates": Mutation(
        "What must not be sent any more is sent.",
        "F35 STOP while replies are queued",
        frozenset({"error"}),
        _open_the_gates,
    ),
}
