"""Filing: puts new entries of the inbox into the lanes of their contacts, in the order they came.

One worker files at a time, until its transaction ends: so a key that turns out to be a known
contact's is in that contact's lane before any later entry runs (promises P3 and P11).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from pipeline.enums import Direction, EntryKind
from pipeline.records import joining
from pipeline.records.core import aliases, lanes, unfiled
from pipeline.records.core.unfiled import New

AT_ONCE = 500
MOST_TIMES = 10


@dataclass(slots=True)
class Filed:
    """The lanes that got work, and those that were joined: their leases have ended."""

    lanes: set[str] = field(default_factory=set)
    joined: set[str] = field(default_factory=set)


def file_new(
    connection: Connection, now: datetime, *, enough: int | None = None, wait: bool = True
) -> Filed:
    """File what is new, until `enough` lanes are known to have work, and make these lanes due.

    Without `wait`, nothing is filed while another worker does that.
    """
    filed = Filed()
    if not aliases.lock(connection, wait=wait):
        return filed
    for _ in range(MOST_TIMES):
        rows = unfiled.new(connection, AT_ONCE)
        if rows:
            _file(connection, rows, filed, now)
        # Behind a flood of one contact there are others.
        if len(rows) < AT_ONCE or (enough is not None and len(filed.lanes) > enough):
            break
    if filed.lanes:
        lanes.note(connection, Direction.INBOUND, filed.lanes, now)
    return filed


def _file(connection: Connection, rows: Sequence[New], filed: Filed, now: datetime) -> None:
    lanes = {row.id: row.alias or row.key for row in rows}
    if any(row.names for row in rows):
        lanes |= _named(connection, rows, filed, now)
    moved = {row.id: lanes[row.id] for row in rows if lanes[row.id] != row.key}
    unfiled.file(connection, lanes, moved)
    # Consent is settled ahead of its lane (pipeline/converse/consent.py).
    filed.lanes |= {lanes[row.id] for row in rows if row.kind != EntryKind.CONSENT}


def _named(
    connection: Connection, rows: Sequence[New], filed: Filed, now: datetime
) -> dict[int, str]:
    """The lanes of all entries, where some name several keys of their contact."""
    keys = {row.key for row in rows}
    keys |= {name for row in rows if row.names for name in row.names.split("\n")}
    known = dict(aliases.of(connection, keys))
    for row in rows:
        names = row.names.split("\n") if row.names else []
        if names and joining.are_apart(known, row.key, names):
            filed.joined |= joining.identify(connection, row.key, names, now)
            known = dict(aliases.of(connection, keys))
    return {row.id: known[row.key].lane if row.key in known else row.key for row in rows}
