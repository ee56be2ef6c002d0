"""Exports failures to standard output, one row per failed turn and failed message.

Each batch is a transaction of its own, so that a slow reader blocks nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, TypeVar

from sqlalchemy import Connection

from parley.failures.tables import Selection, text_of
from pipeline.database import Database
from pipeline.jsons import to_json
from pipeline.providers import addresses
from pipeline.queries import failures as queries
from pipeline.queries.failures import FailedMessage, FailedTurn
from pipeline.records.accounts import audit
from pipeline.runtime import Runtime
from web.exports import A_BATCH, csv_lines, plain

R = TypeVar("R")
Format = Literal["csv", "jsonl"]
FORMATS: Sequence[Format] = ("csv", "jsonl")
_COLUMNS = (
    *("what", "id", "contact", "name", "kind", "words", "status", "error_code", "error"),
    *("attempts", "created_at", "failed_at"),
)


def lines(runtime: Runtime, selection: Selection, kind: Format, *, actor: str) -> Iterator[str]:
    """Yield the file in parts, after recording the export in the audit log."""
    database = runtime.database
    with database.write() as connection:
        now = database.now(connection)
        whose = {"contact": addresses.masked(selection.lane)} if selection.lane else {}
        audit.append(connection, now, actor, "export", "failures", format=kind, filter=whose)
    pages = _pages(database, selection)
    if kind == "csv":
        yield from csv_lines(_COLUMNS, pages)
        return
    for page in pages:
        yield from (to_json(dict(zip(_COLUMNS, row, strict=True))) + "\n" for row in page)


def _pages(database: Database, selection: Selection) -> Iterator[list[list[Any]]]:
    lane = selection.lane
    if selection.has_turns:
        yield from _batches(
            database,
            lambda connection, after: queries.turns(
                connection, after or 0, A_BATCH, selection.lane
            ),
            lambda row: row.id,
            _turn,
        )
    if selection.has_messages:
        yield from _batches(
            database,
            lambda connection, after: queries.messages(connection, after, A_BATCH, lane),
            lambda row: (row.failed_at, row.id),
            _message,
        )


def _batches(
    database: Database,
    ask: Callable[[Connection, Any], Sequence[R]],
    place: Callable[[R], Any],
    view: Callable[[R], list[Any]],
) -> Iterator[list[list[Any]]]:
    after = None
    while True:
        with database.read() as connection:
            rows = ask(connection, after)
        yield [[plain(value) for value in view(row)] for row in rows]
        if len(rows) < A_BATCH:
            return
        after = place(rows[-1])


def _turn(row: FailedTurn) -> list[Any]:
    return [
        *("turn", row.id, row.lane, row.name or "", row.kind, text_of(row), row.outcome, ""),
        *(row.error, row.attempts, row.received_at, row.parked_at),
    ]


def _message(row: FailedMessage) -> list[Any]:
    return [
        *("message", row.public_id, row.key, row.name, row.kind, row.body, row.status),
        *(row.error_code, row.error, row.attempts, row.created_at, row.failed_at),
    ]
