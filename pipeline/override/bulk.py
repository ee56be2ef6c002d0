"""One state for many: every open conversation that a filter finds, in small transactions."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row

from pipeline.database import Database
from pipeline.errors import ChangeRefused
from pipeline.insight import conversations as insight
from pipeline.insight.wanted import Wanted
from pipeline.override.moving import Move, move
from pipeline.override.states import wanted_state
from pipeline.records import audit, conversations
from pipeline.runtime import Runtime

_FOUND_AT_ONCE = 1000
_CHANGED_AT_ONCE = 300
# What a filter finds changes while somebody reads the dry run: by so much it may grow.
_LEEWAY = 10


class Changed(NamedTuple):
    """How many were moved; `skipped` were in the state already, or left the filter meanwhile."""

    changed: int
    skipped: int


def count_open(runtime: Runtime, wanted: Wanted) -> int:
    """The dry run: how many conversations `change_states` would look at."""
    return sum(len(ids) for ids in _found(runtime.database, wanted))


def change_states(  # noqa: PLR0913 (the arguments of change_state, and the filter)
    runtime: Runtime,
    wanted: Wanted,
    to_state: str,
    *,
    actor: str,
    reason: str = "",
    force: bool = False,
    expected: int | None = None,
) -> Changed:
    """Move all open conversations that `wanted` finds; turns in flight are thrown away.

    `expected` is what a dry run counted: refused when there are many more by now.
    """
    to_state = wanted_state(runtime, to_state, force=force)
    found = sorted({an_id for ids in _found(runtime.database, wanted) for an_id in ids})
    if expected is not None and len(found) > expected + max(_LEEWAY, expected // 10):
        raise ChangeRefused(
            f"There were {expected} when you counted and are {len(found)} now; count again."
        )
    with runtime.database.write() as connection:
        now = runtime.database.now(connection)
        details = {"to_state": to_state, "found": len(found), "filter": wanted.told()}
        audit.append(connection, now, actor, "change_states", "", **details)
    changed = 0
    for begin in range(0, len(found), _CHANGED_AT_ONCE):
        some = found[begin : begin + _CHANGED_AT_ONCE]
        changed += _change_some(runtime, some, wanted, (to_state, actor, reason))
    return Changed(changed, len(found) - changed)


def _change_some(
    runtime: Runtime, ids: Sequence[uuid.UUID], wanted: Wanted, move_to: tuple[str, str, str]
) -> int:
    with runtime.database.write() as connection:
        now = runtime.database.now(connection)
        still = _still_wanted(connection, ids, wanted, (move_to[0], now))
        if still:
            move(connection, runtime.bot, still, Move(*move_to, now))
        return len(still)


def _found(database: Database, wanted: Wanted) -> Iterator[Sequence[uuid.UUID]]:
    wanted = replace(wanted, is_open=True)
    after: insight.Place | None = None
    while True:
        with database.read() as connection:
            rows = insight.ids_of(connection, wanted, after, _FOUND_AT_ONCE)
        if rows:
            yield [row.id for row in rows]
        if len(rows) < _FOUND_AT_ONCE:
            return
        after = rows[-1].last_message_at, rows[-1].id


def _still_wanted(
    connection: Connection,
    ids: Sequence[uuid.UUID],
    wanted: Wanted,
    target: tuple[str, datetime],
) -> list[Row[Any]]:
    """Those that have not ended, moved or been taken since they were found; locked."""
    to_state, now = target
    conversations.lock(connection, ids)
    rows = conversations.by_ids(connection, ids)
    return [
        row
        for row in (rows[an_id] for an_id in ids if an_id in rows)
        if row.closed_at is None
        and row.state != to_state
        and (not wanted.states or row.state in wanted.states)
        and not (wanted.holder == "bot" and _is_held(row, now))
    ]


def _is_held(row: Row[Any], now: datetime) -> bool:
    return row.holder != "bot" and (row.held_until is None or row.held_until > now)
