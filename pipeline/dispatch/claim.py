"""Claiming: lease due outbound lanes, pass their first messages through the gates and the rate.

What is left is marked as being sent, and committed, before any call. Next: send.py.
"""

import time
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, Row

from pipeline import crash, gates
from pipeline.crash import Point
from pipeline.database import Database
from pipeline.enums import Direction, Status
from pipeline.records.core import leases, outbox, senders

LEASE = timedelta(seconds=15)
# The longest a call can take (the provider's time-outs) plus a margin: before that, an answer may
# still come and a message may not be in the provider's list yet.
LOOK_AFTER = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class Claimed:
    """Messages to hand over and messages whose fate to look up, leased under one token.

    `watched_senders` are those with a rate or in trouble: they learn from every answer. Within
    `paced_seconds` messages fall due that had to wait for a sender's rate.
    """

    token: uuid.UUID
    claimed_at: float
    to_send: list[Row[Any]]
    to_look_up: list[Row[Any]]
    leased: int
    watched_senders: frozenset[str]
    paced_seconds: float = 0.0


@dataclass(slots=True)
class _Sorting:
    """Where each claimed lane goes."""

    idle: list[str] = field(default_factory=list)
    postponed: list[tuple[str, datetime, int, str | None]] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)
    to_send: list[Row[Any]] = field(default_factory=list)
    to_look_up: list[Row[Any]] = field(default_factory=list)
    paced_seconds: float = 0.0


def sender_of(head: Row[Any]) -> str:
    """The key of a sender's rate and circuit."""
    return f"{head.channel} {head.our_number}"


def claim(
    database: Database, limit: int, sender_rate: float, *, also_expired: bool = True
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
                _sort(sorting, key, heads.get(key), now)
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


def _sort(sorting: _Sorting, key: str, head: Row[Any] | None, now: datetime) -> None:
    if head is None:
        sorting.idle.append(key)
    elif head.status == Status.SENDING:
        # Its sender did not come back: killed or stalled in the call, nobody knows with what.
        sorting.changes.append(outbox.change(head, now, status=Status.UNKNOWN, looks=0))
        sorting.postponed.append((key, head.attempted_at + LOOK_AFTER, 0, None))
    elif head.status == Status.UNKNOWN:
        sorting.to_look_up.append(head)
    elif refused := gates.refusal(head, now):
        sorting.changes.append(
            outbox.change(head, now, status=refused.status, error=refused.reason)
        )
        sorting.postponed.append((key, now, 0, None))
    else:
        sorting.to_send.append(head)


def _keep_the_rate(
    connection: Connection, sorting: _Sorting, sender_rate: float, now: datetime
) -> frozenset[str]:
    wanted = Counter(sender_of(head) for head in sorting.to_send)
    if not wanted:
        return frozenset()
    permits = senders.permits(connection, wanted, sender_rate, now)
    taken: Counter[str] = Counter()
    allowed = []
    for head in sorting.to_send:
        sender = sender_of(head)
        permit = permits.get(sender)
        position = taken[sender]
        taken[sender] += 1
        if permit is None or position < permit.allowed:
            allowed.append(head)
            continue
        due_at = permit.due_at(position - permit.allowed)
        blocker = sender if permit.is_blocked else None
        sorting.postponed.append((head.key, due_at, head.attempts, blocker))
        if not permit.is_blocked:
            wait = (due_at - now).total_seconds()
            sorting.paced_seconds = max(sorting.paced_seconds, wait)
    sorting.to_send = allowed
    return frozenset(permits)


def _write(connection: Connection, token: uuid.UUID, sorting: _Sorting, now: datetime) -> None:
    if sorting.changes:
        outbox.save(connection, sorting.changes)
    if sorting.to_send:
        outbox.begin(connection, _beginnings(sorting.to_send, now))
    if sorting.idle:
        leases.release(connection, Direction.OUTBOUND, token, sorting.idle, now)
    if sorting.postponed:
        leases.postpone(connection, Direction.OUTBOUND, sorting.postponed)


def _beginnings(heads: Sequence[Row[Any]], now: datetime) -> list[dict[str, Any]]:
    # `looks` is above 0 where a lookup found nothing: this sending may be the second.
    return [
        {"id": head.id, "attempted_at": now, "resends": head.resends + (head.looks > 0)}
        for head in sorted(heads, key=lambda head: head.id)
    ]
