"""Senders: our numbers, the rate limit of each, and whether the provider accepts its messages.

A sender has a row only while it is limited or in trouble; without one it sends freely.
"""

import math
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, select, update
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.jsons import JsonObject
from pipeline.records import bulk
from pipeline.records.base import Record, ShortText, among, columns, fetch
from pipeline.records.core import lanes

TROUBLE_LIMIT = 5
PROBE_AFTER = timedelta(seconds=15)
PROBE_BLOCKED_AFTER = timedelta(seconds=60)
_SLOWED_RATE = 8.0
# Half of the least that a number may send: https://www.twilio.com/docs/api/errors/63018
_SLOWEST_RATE = 0.5
_FREE_RATE = 100.0
# By a share of it, or by so much where that is more: from the slowest rate up by shares alone
# would take minutes after the provider is well again.
_RECOVERY = 1.05
_RECOVERY_STEP = 0.5
# Lanes that wait for a slowed sender try again after this: its rate may have risen by then.
_LOOK_AGAIN_SECONDS = 10.0


class Sender(Record):
    """`tokens` is the bucket of `rate` a second (0: no limit); `circuit` is closed or open."""

    __tablename__ = "sender"

    address: Mapped[str] = mapped_column(primary_key=True)
    rate: Mapped[float]
    tokens: Mapped[float]
    refilled_at: Mapped[datetime]
    circuit: Mapped[ShortText] = mapped_column(default="closed")
    failures: Mapped[int] = mapped_column(default=0)
    open_until: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(default="")


class _SenderRow(NamedTuple):
    address: str
    rate: float
    tokens: float
    refilled_at: datetime
    circuit: str
    failures: int
    open_until: datetime | None


class Permit(NamedTuple):
    """How many messages a sender may send now, and when the next ones may go.

    Nobody is to wait longer than `longest_seconds` for a place without asking again.
    """

    allowed: int
    next_at: datetime
    seconds_between: float
    is_blocked: bool = False
    longest_seconds: float = math.inf

    def due_at(self, position: int) -> datetime:
        """When the message at this position among those that are not allowed may go."""
        return self.next_at + timedelta(
            seconds=min(self.seconds_between * position, self.longest_seconds)
        )


def permits(
    connection: Connection, wanted: Mapping[str, int], limit_rate: float, now: datetime
) -> dict[str, Permit]:
    """Take tokens for the wanted counts; a sender that is not in the answer is free."""
    if limit_rate:
        bulk.add(
            connection,
            Sender,
            [_fresh(a, limit_rate, now) for a in sorted(wanted)],
            skip_known=True,
        )
    given = {}
    for sender in _lock(connection, wanted):
        permit = _permit(sender, wanted[sender.address], limit_rate, now)
        given[sender.address] = permit
        _take(connection, sender, permit, now)
    return given


def _permit(sender: _SenderRow, wanted: int, limit_rate: float, now: datetime) -> Permit:
    if sender.circuit == "open" and sender.open_until:
        # Half-open: one message probes, and the next probe waits.
        is_due = sender.open_until <= now
        return Permit(int(is_due), max(sender.open_until, now + PROBE_AFTER), 0, is_blocked=True)
    if not sender.rate:
        return Permit(wanted, now, 0)
    tokens = _tokens(sender, now)
    count = min(wanted, int(tokens))
    seconds = 1 / sender.rate
    missing = max(0.0, 1 - (tokens - count))
    is_slowed = not limit_rate or sender.rate < limit_rate
    longest = _LOOK_AGAIN_SECONDS if is_slowed else math.inf
    next_at = now + timedelta(seconds=missing * seconds)
    return Permit(count, next_at, seconds, longest_seconds=longest)


def _tokens(sender: _SenderRow, now: datetime) -> float:
    elapsed = max(0.0, (now - sender.refilled_at).total_seconds())
    # The bucket holds a quarter of a second, so that several dispatchers together reach the rate.
    return min(max(1.0, sender.rate / 4), sender.tokens + elapsed * sender.rate)


def _take(connection: Connection, sender: _SenderRow, permit: Permit, now: datetime) -> None:
    values: JsonObject = {"tokens": _tokens(sender, now) - permit.allowed, "refilled_at": now}
    if permit.is_blocked and permit.allowed:
        values = {"open_until": permit.next_at}
    if not permit.is_blocked or permit.allowed:
        connection.execute(update(Sender).where(Sender.address == sender.address).values(values))


def note_outcomes(
    connection: Connection,
    outcomes: Mapping[str, "Outcomes"],
    limit_rate: float,
    now: datetime,
) -> None:
    """Learn from answers: slow down, recover, open or close circuits; in address order."""
    if troubled := sorted(a for a, outcome in outcomes.items() if outcome.is_trouble):
        bulk.add(
            connection, Sender, [_fresh(a, limit_rate, now) for a in troubled], skip_known=True
        )
    for sender in _lock(connection, outcomes):
        values = _learned(sender, outcomes[sender.address], limit_rate, now)
        if values:
            connection.execute(
                update(Sender).where(Sender.address == sender.address).values(values)
            )
        if values.get("circuit") == "closed":
            lanes.unblock(connection, sender.address, now)


class Outcomes(NamedTuple):
    """What the answers of one batch say about a sender."""

    succeeded: int = 0
    slowed_down: int = 0
    failed: int = 0
    blocked: str = ""

    def __add__(self, other: "Outcomes") -> "Outcomes":  # type: ignore[override]  # no tuple's sum
        return Outcomes(
            self.succeeded + other.succeeded,
            self.slowed_down + other.slowed_down,
            self.failed + other.failed,
            other.blocked or self.blocked,
        )

    @property
    def is_trouble(self) -> bool:
        return bool(self.slowed_down or self.failed or self.blocked)


def _learned(sender: _SenderRow, outcome: Outcomes, limit_rate: float, now: datetime) -> JsonObject:
    if outcome.blocked:
        until = now + PROBE_BLOCKED_AFTER
        return {"circuit": "open", "open_until": until, "reason": outcome.blocked}
    if outcome.succeeded and sender.circuit == "open":
        return {"circuit": "closed", "open_until": None, "failures": 0, "reason": ""}
    values: JsonObject = {"rate": _rate(sender.rate, outcome, limit_rate)}
    if outcome.succeeded:
        return values | {"failures": 0}
    failures = sender.failures + outcome.failed
    values["failures"] = failures
    if failures >= TROUBLE_LIMIT or (outcome.failed and sender.circuit == "open"):
        reason = "The provider did not answer several times in a row."
        values |= {"circuit": "open", "open_until": now + PROBE_AFTER, "reason": reason}
    return values


def _rate(rate: float, outcome: Outcomes, limit_rate: float) -> float:
    if outcome.slowed_down:
        return max(_SLOWEST_RATE, rate / 2 if rate else _SLOWED_RATE)
    if not outcome.succeeded or not rate:
        return rate
    recovered = max(rate * _RECOVERY, rate + _RECOVERY_STEP)
    if limit_rate:
        return min(recovered, limit_rate)
    return recovered if recovered < _FREE_RATE else 0.0


def _fresh(address: str, rate: float, now: datetime) -> JsonObject:
    return {"address": address, "rate": rate, "tokens": max(1.0, rate / 4), "refilled_at": now}


def _lock(connection: Connection, addresses: Collection[str]) -> list[_SenderRow]:
    query = (
        select(*columns(Sender, _SenderRow))
        .where(among(connection, Sender.address, addresses))
        .order_by(Sender.address)
        .with_for_update()
    )
    return fetch(connection, query, _SenderRow._make)
