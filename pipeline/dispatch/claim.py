"""Claiming: lease due outbound lanes, pass their first messages through the gates and the rate.

What is left is marked as being sent, and committed, before any call. Next: send.py.
"""

import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from operator import attrgetter

from sqlalchemy import Connection

from pipeline import crash, gates
from pipeline.crash import Point
from pipeline.database import Database
from pipeline.enums import Direction, Status
from pipeline.providers.base import Limits
from pipeline.records.core import leases, outbox, senders
from pipeline.records.core.leases import Postponed
from pipeline.records.core.outbox import Delivery, Head

LEASE = timedelta(seconds=15)
# The longest a call can take (the provider's time-outs) plus a margin: before that, an answer may
# still come and a message may not be in the provider's list yet.
RECONCILE_AFTER = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class Claimed:
    """Messages to send and messages to look up, leased under one token.

    `watched_senders` are those with a rate or in trouble: they learn from every answer. Within
    `paced_seconds` messages fall due that had to wait for a sender's rate.
    """

    token: uuid.UUID
    claimed_at: float
    to_send: list[Head]
    to_look_up: list[Head]
    leased: int
    watched_senders: frozenset[str]
    paced_seconds: float = 0.0


@dataclass(slots=True)
class _Sorting:
    """Where each claimed lane goes."""

    idle: list[str] = field(default_factory=list)
    postponed: list[Postponed] = field(default_factory=list)
    changes: list[Delivery] = field(default_factory=list)
    to_send: list[Head] = field(default_factory=list)
    to_look_up: list[Head] = field(default_factory=list)
    paced_seconds: float = 0.0


def sender_of(delivery: Delivery) -> str:
    """The key of a sender's rate and circuit."""
    return f"{delivery.channel} {delivery.our_number}"


def claim(
    database: Database, limit: int, sender_rate: float, limits: Limits, *, also_expired: bool = True
) -> Claimed:
    """Lease up to `limit` due lanes and decide what to do with the first message of each."""
    token = uuid.uuid4()
    claimed_at = time.monotonic()
    with database.write() as connection:
        now = database.now(connection)
        leased = _lease(connection, token, now, limit, also_expired)
        sorting = _Sorting()
        watched: frozenset[str] = frozenset()
        if leased:
            heads = {row.key: row for row in outbox.heads(connection, leased)}
            for key in leased:
                _sort(sorting, key, heads.get(key), now, limits)
            watched = _keep_the_rate(connection, sorting, sender_rate, now)
            _write(connection, token, sorting, now)
            crash.point(Point.DISPATCH_CLAIMING)
    if leased:
        crash.point(Point.DISPATCH_CLAIMED)
    return Claimed(
        token,
        claimed_at,
        sorting.to_send,
        sorting.to_look_up,
        len(leased),
        watched,
        sorting.paced_seconds,
    )


def _lease(
    connection: Connection, token: uuid.UUID, now: datetime, limit: int, also_expired: bool
) -> list[str]:
    lease = leases.Lease(token, now, now + LEASE)
    take = partial(leases.claim, connection, Direction.OUTBOUND, lease)
    rows = take(limit=limit, is_expired=True) if also_expired else []
    if len(rows) < limit:
        rows += take(limit=limit - len(rows))
    return [row.key for row in rows]


def _sort(sorting: _Sorting, key: str, head: Head | None, now: datetime, limits: Limits) -> None:
    if head is None:
        sorting.idle.append(key)
        return
    delivery = head.delivery
    if delivery.status == Status.SENDING:
        # The worker was killed or stalled during the call, so the outcome is unknown.
        unknown = delivery._replace(status=Status.UNKNOWN, reconcile_attempts=0)
        sorting.changes.append(unknown.since(delivery, now))
        sorting.postponed.append(Postponed(key, delivery.begun_at + RECONCILE_AFTER))
    elif delivery.status == Status.UNKNOWN:
        sorting.to_look_up.append(head)
    elif refused := gates.refusal(head, now, limits):
        ended = delivery._replace(status=refused.status, error=refused.reason)
        sorting.changes.append(ended.since(delivery, now))
        sorting.postponed.append(Postponed(key, now))
    else:
        sorting.to_send.append(head)


def _keep_the_rate(
    connection: Connection, sorting: _Sorting, sender_rate: float, now: datetime
) -> frozenset[str]:
    wanted = Counter(sender_of(head.delivery) for head in sorting.to_send)
    if not wanted:
        return frozenset()
    permits = senders.permits(connection, wanted, sender_rate, now)
    used: Counter[str] = Counter()
    allowed = []
    for head in sorting.to_send:
        sender = sender_of(head.delivery)
        permit = permits.get(sender)
        position = used[sender]
        used[sender] += 1
        if permit is None or position < permit.allowed:
            allowed.append(head)
            continue
        due_at = permit.due_at(position - permit.allowed)
        blocker = sender if permit.is_blocked else None
        sorting.postponed.append(Postponed(head.key, due_at, head.delivery.attempts, blocker))
        if not permit.is_blocked:
            wait = (due_at - now).total_seconds()
            sorting.paced_seconds = max(sorting.paced_seconds, wait)
    sorting.to_send = allowed
    return frozenset(permits)


def _write(connection: Connection, token: uuid.UUID, sorting: _Sorting, now: datetime) -> None:
    if sorting.changes:
        outbox.save(connection, sorting.changes)
    if sorting.to_send:
        begun = sorted((head.delivery for head in sorting.to_send), key=attrgetter("id"))
        outbox.begin(connection, begun, now)
    if sorting.idle:
        leases.release(connection, Direction.OUTBOUND, token, sorting.idle, now)
    if sorting.postponed:
        leases.postpone(connection, Direction.OUTBOUND, sorting.postponed)
