"""Bulk state changes: every open conversation that matches a filter, in small transactions."""

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from pipeline.conversation import rules
from pipeline.conversation.values import Conversation
from pipeline.database import Database
from pipeline.errors import ChangeRefused
from pipeline.override.conversations import known_state, origin
from pipeline.override.subject import save, start_of
from pipeline.queries import conversations as queries
from pipeline.queries.filter import ConversationFilter
from pipeline.records.accounts import audit
from pipeline.records.core import conversations
from pipeline.runtime import Runtime

_FOUND_AT_ONCE = 200
_CHANGED_AT_ONCE = 300
# Matches change while an operator reads the dry run; this many more are accepted.
_LEEWAY = 10


class _Wanted(NamedTuple):
    """The action and its actor; `change` applies it to one conversation and says if it did."""

    action: str
    actor: str
    to_state: str
    change: Callable[[Conversation, datetime], bool]


class Changed(NamedTuple):
    """How many changed; `skipped` were already in the state or no longer matched the filter."""

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
    """Change the state of all open conversations that match; turns in flight are discarded.

    `expected` is the count of the dry run: refused if many more match by now.
    """
    to_state = known_state(runtime, to_state, force=force)

    def change(conversation: Conversation, at: datetime) -> bool:
        is_elsewhere = conversation.state != to_state
        if is_elsewhere:
            made = origin(runtime, actor, reason, at)
            rules.move(conversation, runtime.bot, to_state, made)
        return is_elsewhere

    wanted = _Wanted("change_states", actor, to_state, change)
    return _change(runtime, criteria, wanted, expected)


def reset_states(
    runtime: Runtime,
    criteria: ConversationFilter,
    *,
    actor: str,
    reason: str = "",
    expected: int | None = None,
) -> Changed:
    """Restart all open conversations that match: start state, no data.

    Operators keep the conversations they have taken over. `expected`: see change_states.
    """
    start = start_of(runtime)

    def change(conversation: Conversation, at: datetime) -> bool:
        made = origin(runtime, actor, reason, at)
        rules.restart(conversation, runtime.bot, made, keeps_holder=True)
        return True

    return _change(runtime, criteria, _Wanted("reset_states", actor, start, change), expected)


def _change(
    runtime: Runtime, criteria: ConversationFilter, wanted: _Wanted, expected: int | None
) -> Changed:
    found = sorted({an_id for ids in _found(runtime.database, criteria) for an_id in ids})
    if expected is not None and len(found) > expected + max(_LEEWAY, expected // 10):
        raise ChangeRefused(
            f"{expected} matched when you counted, and {len(found)} match now. Count again."
        )
    with runtime.database.write() as connection:
        now = runtime.database.now(connection)
        details = {"to_state": wanted.to_state, "found": len(found), "filter": criteria.for_audit()}
        audit.append(connection, now, wanted.actor, wanted.action, "", **details)
    changed = 0
    for begin in range(0, len(found), _CHANGED_AT_ONCE):
        changed += _change_some(runtime, found[begin : begin + _CHANGED_AT_ONCE], criteria, wanted)
    return Changed(changed, len(found) - changed)


def _change_some(
    runtime: Runtime, ids: Sequence[uuid.UUID], criteria: ConversationFilter, wanted: _Wanted
) -> int:
    with runtime.database.write() as connection:
        now = runtime.database.now(connection)
        still = _still_match(connection, ids, criteria)
        changed = [conversation for conversation in still if wanted.change(conversation, now)]
        if changed:
            save(connection, changed, now)
        return len(changed)


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
) -> list[Conversation]:
    """Those that still match and are still open, locked."""
    conversations.lock(connection, ids)
    # The text search is not repeated: a message that matched still matches.
    criteria = replace(criteria, is_open=True, words="")
    still = queries.still_match(connection, criteria, ids)
    rows = conversations.load_all(connection, ids)
    return [rows[an_id] for an_id in ids if an_id in still]
