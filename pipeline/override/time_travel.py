"""The simulator's clock: lets time pass for one contact by moving their history back.

Time-outs fall due, WhatsApp's window closes and conversations expire, for this contact only.
"""

import uuid
from datetime import UTC, datetime, timedelta

from pipeline.errors import ChangeRefused
from pipeline.override.subject import contact_of
from pipeline.records.accounts import audit
from pipeline.records.time_travel import move_back
from pipeline.runtime import Runtime

LONGEST_SECONDS = 366 * 24 * 3600
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


def elapse(runtime: Runtime, contact_id: uuid.UUID, seconds: int, *, actor: str) -> None:
    """Let time pass for one contact of the simulator; a turn in flight is run again.

    The caller moves due timers to the inbox (pipeline/sweep) and wakes converse.
    """
    if runtime.settings.provider != "simulator":
        raise ChangeRefused("You can only move time in simulator mode.")
    if not 1 <= seconds <= LONGEST_SECONDS:
        raise ChangeRefused(f"You can move time by 1 to {LONGEST_SECONDS} seconds.")
    by = timedelta(seconds=seconds)
    with runtime.database.write() as connection:
        now = runtime.database.now(connection)
        contact = contact_of(connection, contact_id)
        if contact.created_at - by < _EARLIEST:
            raise ChangeRefused("This contact's history can't be moved back any further.")
        move_back(connection, contact, by)
        audit.append(connection, now, actor, "elapse", str(contact_id), seconds=seconds)
