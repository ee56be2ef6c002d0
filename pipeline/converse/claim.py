"""Claiming: lease due lanes and load what their turns need, in a few statements.

Next: turns.py runs the bot on the claimed work.
"""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from pipeline import crash
from pipeline.converse.work import Batch, Work
from pipeline.crash import Point
from pipeline.database import Database
from pipeline.enums import Direction, EntryKind
from pipeline.records import filing
from pipeline.records.core import contacts, conversations, inbox, leases
from pipeline.records.core.entries import Waiting

LEASE = timedelta(seconds=15)
ENTRIES_A_LANE = 16


def claim(
    database: Database, limit: int, *, also_expired: bool = True, also_new: bool = True
) -> Batch:
    """Lease up to `limit` due lanes for LEASE and load their work.

    `also_expired` looks for lanes whose worker did not come back, too; `also_new` files what came
    in meanwhile even if enough lanes are due.
    """
    token = uuid.uuid4()
    with database.write() as connection:
        now = database.now(connection)
        leased, is_recovery = _lease(connection, token, now, limit, (also_expired, also_new))
        works = _load(connection, leased, is_recovery=is_recovery) if leased else []
        if leased:
            crash.point(Point.CONVERSE_CLAIMING)
    if leased:
        crash.point(Point.CONVERSE_CLAIMED)
    return Batch(token, now, works, len(leased) == limit, is_recovery)


def _lease(
    connection: Connection, token: uuid.UUID, now: datetime, limit: int, also: tuple[bool, bool]
) -> tuple[list[leases.Leased], bool]:
    also_expired, also_new = also
    lease = leases.Lease(token, now, now + LEASE)
    take = partial(leases.claim, connection, Direction.INBOUND, lease)
    # A lane whose lease ran out may hold what killed its worker: it comes alone, turn by turn,
    # so that it can take no neighbour with it.
    if also_expired and (expired := take(limit=1, is_expired=True)):
        return expired, True
    leased = take(limit=limit)
    rest = limit - len(leased)
    # Lanes that always have more must not keep others from being known at all.
    if not (rest or also_new):
        return leased, False
    # A worker with nothing to do waits its turn; one that has lanes works on them meanwhile.
    filed = filing.file_new(connection, now, enough=limit, wait=not leased)
    leased = [row for row in leased if row.key not in filed.joined]
    if filed.lanes and rest:
        leased += take(limit=rest)
    return leased, False


def _load(
    connection: Connection, leased: Sequence[leases.Leased], *, is_recovery: bool
) -> list[Work]:
    keys = [row.key for row in leased]
    entries: defaultdict[str, list[Waiting]] = defaultdict(list)
    for entry in inbox.waiting_of(connection, keys, ENTRIES_A_LANE):
        entries[entry.lane].append(entry)
    known = contacts.load_by_keys(connection, keys)
    ids = [contact.id for contact in known.values()]
    found, damaged = conversations.open_by_contact(connection, ids) if ids else ({}, {})
    works = []
    for row in leased:
        contact = known.get(row.key)
        waiting = _before_consent(entries[row.key])
        works.append(
            Work(
                key=row.key,
                attempt=row.attempts + 1,
                entries=waiting,
                has_rest=len(entries[row.key]) == ENTRIES_A_LANE or waiting != entries[row.key],
                is_recovery=is_recovery,
                # After a failure turns run one by one, so that the failing one is identified.
                is_alone=is_recovery or bool(row.attempts),
                contact=contact,
                conversations=found.get(contact.id, []) if contact else [],
                damage=damaged.get(contact.id) if contact else None,
            )
        )
    return works


def _before_consent(entries: list[Waiting]) -> list[Waiting]:
    """What may run now: a waiting "YES" or "STOP" is settled (consent.py) before what follows."""
    for position, entry in enumerate(entries):
        if entry.kind == EntryKind.CONSENT:
            return entries[:position]
    return entries
