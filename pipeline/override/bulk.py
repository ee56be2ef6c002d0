"""One state for many: every open conversation that a filter finds, in small transactions."""

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row

from pipeline.database import Database
from pipeline.errors import ChangeRefused
from pipeline.override.moving import Move, move
from pipeline.override.states import wanted_state
from pipeline.override.subject import start_of
from pipeline.queries import conversations as queries
from pipeline.queries.filter import ConversationFilter
from pipeline.records.accounts import audit
from pipeline.records.core import conversations
from pipeline.runtime import Runtime

_FOUND_AT_ONCE = 200
_CHANGED_AT_ONCE = 300
# What a filter finds changes while somebody reads the dry run: by so much it may grow.
_LEEWAY = 10
# What is done with those found; each transaction has a time of its own.
_Step = Callable[[datetime], Move]


class Changed(NamedTuple):
    """How many were moved; `skipped` were in the state already, or left the filter meanwhile."""

    changed: int
    skipped: int


def count_open(runtime: Runtime, criteria: ConversationFilter) -> int:
    """The dry run: how many conversations `change_states` would look at."""
    return sum(len(ids) for ids in _found(runtime.database, criteria))


def change_states(  # noqa: PLR0913 (the arguments of change_state, and the filter)
    runtime: Runtime,
    criteria: ConversationFilter,
    to_state: str,
    *,
    actor: str,
    reason: str = "",
    force: bool = False,
    expected: int | None = None,
) -> Changed:
    """Move all open conversations that `criteria` finds; turns in flight are thrown away.

    `expected` is what a dry run counted: refused when there are many more by now.
    """
    to_state = wanted_state(runtime, to_state, force=force)
    return _change(
        runtime, criteria, lambda at: Move(to_state, actor, reason, at), "change_states", expected
    )


def reset_states(
    runtime: Runtime,
    criteria: ConversationFilter,
    *,
    actor: str,
    reason: str = "",
    expected: int | None = None,
) -> Changed:
    """Put all open conversations that `criteria` finds back to the start, with their data emptied.

    An operator who holds one goes on holding it. `expected` as above.
    """
    start = start_of(runtime)
    return _change(
        runtime,
        criteria,
        lambda at: Move(start, actor, reason, at, {"data": {}}),
        "reset_states",
        expected,
    )


def _change(
    runtime: Runtime, criteria: ConversationFilter, step: _Step, action: str, expected: int | None
) -> Changed:
    found = sorted({an_id for ids in _found(runtime.database, criteria) for an_id in ids})
    if expected is not None and len(found) > expected + max(_LEEWAY, expected // 10):
        raise ChangeRefused(
            f"There were {expected} when you counted and are {len(found)} now; count again."
        )
    with runtime.database.write() as connection:
        now = runtime.database.now(connection)
        first = step(now)
        details = {"to_state": first.to_state, "found": len(found), "filter": criteria.for_audit()}
        audit.append(connection, now, first.actor, action, "", **details)
    changed = 0
    for begin in range(0, len(found), _CHANGED_AT_ONCE):
        changed += _change_some(runtime, found[begin : begin + _CHANGED_AT_ONCE], criteria, step)
    return Changed(changed, len(found) - changed)


def _change_some(
    runtime: Runtime, ids: Sequence[uuid.UUID], criteria: ConversationFilter, step: _Step
) -> int:
    with runtime.database.write() as connection:
        now = runtime.database.now(connection)
        still = _still_match(connection, ids, criteria)
        mine = step(now)
        # One that is there already has nothing to change, unless its data goes too.
        moving = [row for row in still if row.state != mine.to_state or mine.also]
        if moving:
            move(connection, runtime.bot, moving, mine)
        return len(moving)


def _found(database: Database, criteria: ConversationFilter) -> Iterator[Sequence[uuid.UUID]]:
    criteria = replace(criteria, is_open=True)
    after: uuid.UUID | None = None
    while True:
        with database.read() as connection:
            ids = queries.all_ids(connection, criteria, after, _FOUND_AT_ONCE)
        if ids:
            yield ids
        if len(ids) < _FOUND_AT_ONCE:
            return
        after = ids[-1]


def _still_match(
    connection: Connection, ids: Sequence[uuid.UUID], criteria: ConversationFilter
) -> list[Row[Any]]:
    """Those that have not left the filter since they were found, nor ended; locked."""
    conversations.lock(connection, ids)
    # What was said once stays said.
    criteria = replace(criteria, is_open=True, words="")
    still = queries.still_match(connection, criteria, ids)
    rows = conversations.by_ids(connection, ids)
    return [rows[an_id] for an_id in ids if an_id in still]
