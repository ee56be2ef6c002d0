"""Failed turns: tried again now, retried after they were parked, or skipped for good.

Next, after a wake-up: pipeline/converse runs it like any entry, ahead of what came later.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from pipeline import crash
from pipeline.conversation import rules
from pipeline.conversation.pending import LoggedInbound, Pending
from pipeline.conversation.values import Contact
from pipeline.crash import Point
from pipeline.enums import Direction, EntryKind
from pipeline.errors import ChangeRefused, NotFound
from pipeline.messages import Inbound
from pipeline.override.subject import locked_even_if_ended, save
from pipeline.records import saving
from pipeline.records.accounts import audit
from pipeline.records.core import (
    aliases,
    conversations,
    inbox,
    lanes,
    leases,
    messages,
    parked,
    unfiled,
)
from pipeline.records.core.entries import ANSWERED, Waiting, parse
from pipeline.runtime import Runtime

_AT_ONCE = 200
_HEARD = frozenset({EntryKind.MESSAGE, EntryKind.LATE, EntryKind.CONSENT})


def rerun(runtime: Runtime, entry_id: int, *, actor: str) -> None:
    """Retry a parked turn, with all its attempts.

    Raises NotFound, or ChangeRefused when it is not parked any more.
    """
    with runtime.database.write() as connection:
        now = runtime.database.now(connection)
        entry = _existing(connection, entry_id)
        if not _take_up(connection, [entry], now):
            raise _not_parked()
        audit.append(connection, now, actor, "rerun", str(entry_id), kind=entry.kind)


def try_now(runtime: Runtime, entry_id: int, *, actor: str) -> None:
    """Try a failing turn again at once instead of at the end of its back-off.

    Raises NotFound, or ChangeRefused when it does not fail any more.
    """
    with runtime.database.write() as connection:
        now = runtime.database.now(connection)
        entry = _existing(connection, entry_id)
        leases.lock(connection, Direction.INBOUND, [entry.lane])
        if not parked.is_failing(connection, entry_id):
            raise ChangeRefused("This turn does not wait for another attempt: reload the page.")
        lanes.end_back_off(connection, Direction.INBOUND, [entry.lane], now)
        audit.append(connection, now, actor, "try_now", str(entry_id), kind=entry.kind)


def try_all_now(runtime: Runtime) -> int:
    """Give every failing turn all its attempts again, the first at once; returns how many lanes.

    For new code of the bot: what made them fail may be gone.
    """
    with runtime.database.write() as connection:
        now = runtime.database.now(connection)
        failing = parked.failing_lanes(connection)
        if failing:
            leases.lock(connection, Direction.INBOUND, failing)
            lanes.wake(connection, Direction.INBOUND, failing, now)
    return len(failing)


def rerun_all(runtime: Runtime, *, actor: str, lane: str = "") -> int:
    """Retry every parked turn, or those of one lane; returns how many."""
    total, after = 0, 0
    with runtime.database.read() as connection:
        # Only turns parked before now, or one that fails again would be retried forever.
        until = runtime.database.now(connection)
    while True:
        with runtime.database.write() as connection:
            now = runtime.database.now(connection)
            entries = parked.after(connection, after, _AT_ONCE, lane)
            before = [
                entry for entry in entries if not entry.handled_at or entry.handled_at <= until
            ]
            taken = _take_up(connection, before, now) if before else 0
            if taken:
                audit.append(connection, now, actor, "rerun_all", "", turns=taken)
        total += taken
        if len(entries) < _AT_ONCE:
            return total
        after = entries[-1].id


def skip(runtime: Runtime, entry_id: int, *, actor: str) -> None:
    """Skip a failed turn for good; what the contact wrote stays in the log.

    Raises NotFound, or ChangeRefused when it is neither failing nor parked any more.
    """
    with runtime.database.write() as connection:
        now = runtime.database.now(connection)
        entry = _existing(connection, entry_id)
        leases.lock(connection, Direction.INBOUND, [entry.lane])
        is_failing = parked.is_failing(connection, entry_id)
        if not parked.ignore(connection, entry_id, now):
            raise _not_parked()
        if is_failing:
            # The turns behind it have waited for it.
            lanes.wake(connection, Direction.INBOUND, [entry.lane], now)
            _hear_in_silence(runtime, connection, entry, now)
        if entry.kind in _HEARD and not messages.logged_turns(connection, [entry_id]):
            _log(connection, entry, now)
        audit.append(connection, now, actor, "skip", str(entry_id), kind=entry.kind)


def _hear_in_silence(
    runtime: Runtime, connection: Connection, entry: Waiting, now: datetime
) -> None:
    """Let the conversation's time-outs count from a message that the bot does not answer."""
    row = inbox.by_id(connection, entry.id)
    if entry.kind not in ANSWERED or row is None or row.conversation_id is None:
        return
    conversation = locked_even_if_ended(connection, row.conversation_id)
    if not conversation.closed_at:
        rules.hear_in_silence(conversation, runtime.bot, entry.received_at)
        conversation.changes.is_any = True
        save(connection, [conversation], now)


def _existing(connection: Connection, entry_id: int) -> Waiting:
    # A number outside the range of the column cannot be the id of an entry.
    if 0 < entry_id < 2**63 and (entry := inbox.by_id(connection, entry_id)):
        return parse(entry)
    raise NotFound("There is no such turn.")


def _not_parked() -> ChangeRefused:
    return ChangeRefused("This turn is no longer parked: it has been retried or skipped.")


def _take_up(connection: Connection, entries: Sequence[Waiting], now: datetime) -> int:
    """Make parked entries wait again and their lanes due; a lane in work keeps its lease."""
    keys = {entry.lane for entry in entries}
    # They may have been parked before anybody knew whose they are.
    for key, alias in aliases.of(connection, keys).items():
        unfiled.move(connection, key, alias.lane)
        keys = keys - {key} | {alias.lane}
    lanes.note(connection, Direction.INBOUND, keys, now)
    lanes.wake(connection, Direction.INBOUND, keys, now)
    ids = [entry.id for entry in entries]
    heard = [entry.id for entry in entries if entry.kind == EntryKind.MESSAGE]
    logged = messages.logged_turns(connection, heard) if heard else set()
    taken = parked.take_up(connection, ids, logged)
    crash.point(Point.OVERRIDE_RERUNNING)
    return taken


def _log(connection: Connection, entry: Waiting, now: datetime) -> None:
    """Log a message that could not be logged when its turn was parked."""
    if not isinstance(entry.content, Inbound):
        return  # it cannot be parsed; the entry keeps the original
    message = entry.content
    contact = Contact.new(message, now, aliases.lane_of(connection, entry.lane))
    contact.name = message.profile_name
    contact = saving.add_contact(connection, contact)
    pending = Pending(contact.key, contact, conversations.load_open(connection, contact.id))
    conversation = pending.open_on(message.channel, message.recipient)
    at = entry.received_at
    pending.log.append(LoggedInbound.of(message, contact.id, conversation, entry.id, at))
    saving.save_log(connection, [pending], now)
