"""Sweeping: wake for waiting work, move due timers, prune, pull missed inbound messages.

Run every few seconds by the clock; two clocks at once are harmless.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from pipeline import crash
from pipeline.crash import Point
from pipeline.database import Database
from pipeline.enums import Direction, EntryKind
from pipeline.errors import SendError
from pipeline.jsons import JsonObject
from pipeline.messages import Inbound
from pipeline.providers import addresses
from pipeline.records.core import (
    conversations,
    inbox,
    lanes,
    leases,
    messages,
    status_callbacks,
    timers,
)
from pipeline.records.core.timers import TimerRow
from pipeline.records.stats import floods, state_counts, tallies, workers
from pipeline.runtime import Runtime
from pipeline.wakeups import Notify

log = structlog.get_logger(__name__)

_AT_ONCE = 500
_PRUNED_AT_ONCE = 5000
# What is older than this is logged, but it is too late for an answer of the bot.
ANSWERED_WITHIN = timedelta(hours=24)
# A webhook may still be on its way, or being retried, for this long.
PULL_OVERLAP = timedelta(minutes=10)
_PULL = "pull of inbound messages"
_GONE_AFTER = timedelta(minutes=10)


def wake_for_waiting_work(database: Database, notify: Notify) -> None:
    """Wake workers for work that waits, whatever became of its own wake-up."""
    with database.read() as connection:
        now = database.now(connection)
        has_turns = (
            inbox.has_unfiled(connection)
            or inbox.has_consents(connection)
            or lanes.has_due(connection, Direction.INBOUND, now)
        )
        has_sends = status_callbacks.has_waiting(connection) or lanes.has_due(
            connection, Direction.OUTBOUND, now
        )
    if has_turns:
        notify("converse")
    if has_sends:
        notify("dispatch")


def move_due_timers(database: Database) -> int:
    """Put due timers into the inbox, as turns in their contact's lane; returns how many."""
    with database.read() as connection:
        if not timers.has_due(connection, database.now(connection)):
            return 0
    with database.write() as connection:
        now = database.now(connection)
        due = timers.take_due(connection, now, _AT_ONCE)
        if due:
            entries = [_timer_entry(timer) | {"received_at": now} for timer in due]
            inbox.append(connection, entries)
            crash.point(Point.CLOCK_MOVING_TIMERS)
    crash.point(Point.CLOCK_MOVED_TIMERS)
    return len(due)


def _timer_entry(timer: TimerRow) -> JsonObject:
    payload = {
        "conversation_id": str(timer.conversation_id),
        "name": timer.name,
        "to_state": timer.to_state,
        "state_seq": timer.state_seq,
        "armed_at": timer.armed_at.isoformat(),
    }
    return inbox.internal(EntryKind.TIMER, str(timer.id), timer.lane, payload)


def park_floods(database: Database, most: int, *, everywhere: bool = False) -> int:
    """Park what a contact wrote beyond its `most` oldest waiting entries; returns how many.

    Looks at contacts who wrote lately, or `everywhere`.
    """
    find = floods.everywhere if everywhere else floods.lately
    with database.read() as connection:
        lanes_of_floods = sorted(find(connection, most))
    return sum(_park_flood(database, lane, most) for lane in lanes_of_floods)


def _park_flood(database: Database, lane: str, most: int) -> int:
    """In small transactions, for a lane that is locked holds up the batch that records its turn."""
    reason = f"The contact had more than {most} messages waiting (MAX_WAITING_PER_CONTACT)."
    total, last = 0, None
    while True:
        with database.write() as connection:
            now = database.now(connection)
            # A turn in work is recorded before this or finds that its entry does not wait.
            leases.lock(connection, Direction.INBOUND, [lane])
            last = last or floods.last_to_wait(connection, lane, most)
            why = (reason, now)
            parked = floods.park(connection, lane, last, _AT_ONCE, why) if last else 0
        total += parked
        if parked < _AT_ONCE:
            break
    if total:
        contact = addresses.masked(lane)
        log.warning("a flood was parked", contact=contact, messages=total, allowed=most)
    return total


def reconsider_callbacks(database: Database) -> None:
    """Merge callbacks whose message was not known when they came, hours ago at most."""
    with database.write() as connection:
        since = database.now(connection) - messages.KEEP_TRYING_TO_SEND
        status_callbacks.reconsider(connection, since)


def fold_tallies(database: Database) -> int:
    """Add up the differences that writers left; returns how many rows that saved."""
    with database.read() as connection:
        if not tallies.has_differences(connection):
            return 0
    with database.write() as connection:
        saved = tallies.fold(connection)
        crash.point(Point.CLOCK_FOLDING)
    return saved


def recount_states(database: Database) -> int:
    """Count the states anew; returns how many counts were wrong."""
    with database.write() as connection:
        wrong = state_counts.recount(connection)
    if wrong:
        log.warning("counts of states were wrong", states=wrong)
    return wrong


def prune(database: Database, keep: timedelta) -> int:
    """Delete settled entries and status callbacks older than `keep`, in small transactions."""
    total = 0
    for delete in (inbox.prune, status_callbacks.prune):
        last = 0
        while True:
            with database.write() as connection:
                before = database.now(connection) - keep
                gone = delete(connection, before, _PRUNED_AT_ONCE, last)
                crash.point(Point.CLOCK_PRUNING)
            total += len(gone)
            if len(gone) < _PRUNED_AT_ONCE:
                break
            last = max(gone)
    with database.write() as connection:
        workers.forget(connection, database.now(connection) - _GONE_AFTER)
    return total


def pull(runtime: Runtime, notify: Notify) -> int:
    """Fetch inbound messages that the provider has and we lack; returns how many were new.

    From a watermark set at installation, no further back than the keys that recognise a repeated
    webhook reach: beyond them every message looks new.
    """
    database = runtime.database
    with database.write() as connection:
        now = database.now(connection)
        since = workers.watermark(connection, _PULL, now)
        ours = conversations.our_addresses(connection)
    named = {addresses.on_channel(channel, number) for channel, number in ours if number}
    numbers = named | set(runtime.provider.our_numbers)
    reach = timedelta(days=runtime.settings.keep_handled_days)
    try:
        found = list(
            runtime.provider.inbound_since(max(since, now - reach), sorted(numbers - {""}))
        )
    except SendError as error:
        log.warning("pull failed", reason=error.reason)
        return 0
    new = _add_missing(database, [runtime.bot.marked(one) for one in found], now)
    if new:
        log.info("missed inbound messages pulled", count=new)
        notify("converse")
    return new


def _add_missing(database: Database, found: Sequence[Inbound], now: datetime) -> int:
    with database.write() as connection:
        known = inbox.known_ids(connection, [message.provider_id for message in found])
        known |= messages.known_provider_ids(connection, [m.provider_id for m in found])
        missing = [message for message in found if message.provider_id not in known]
        if missing:
            inbox.append(connection, [_missed_entry(message, now) for message in missing])
        workers.advance(connection, _PULL, now - PULL_OVERLAP)
        crash.point(Point.CLOCK_PULLING)
    return len(missing)


def _missed_entry(message: Inbound, now: datetime) -> JsonObject:
    sent_at = message.sent_at or now
    values = inbox.entry(message, {}) | {"received_at": sent_at}
    is_late = values["kind"] == EntryKind.MESSAGE and now - sent_at > ANSWERED_WITHIN
    return values | {"kind": EntryKind.LATE} if is_late else values
