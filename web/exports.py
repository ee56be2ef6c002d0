"""Exports: what a filter shows as one CSV or JSON file, streamed batch by batch.

Each batch is a transaction of its own, so that a slow client blocks nothing.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any, Generic, TypeVar
from uuid import UUID

from apiflask import Schema
from flask import Response
from sqlalchemy import Connection

from pipeline.database import Database
from pipeline.errors import NotFound
from pipeline.jsons import to_json
from pipeline.queries import contacts as contact_list
from pipeline.queries import conversations as queries
from pipeline.queries import transcript
from pipeline.queries.conversations import ListedConversation
from pipeline.queries.filter import ConversationFilter
from pipeline.records.accounts import audit
from pipeline.records.core.contacts import ContactRow
from pipeline.records.core.messages import MessageRow
from web.api import shapes
from web.services import here

# A search for a common word finds a batch of this size within a second.
A_BATCH = 200
# Spreadsheets run text that starts like a formula; phone numbers start with a plus.
# https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_TYPES: Mapping[str, str] = {
    "csv": "text/csv; charset=utf-8; header=present",
    "json": "application/json",
}

R = TypeVar("R")
Ask = Callable[[Connection, Any, int], Sequence[R]]


@dataclass(frozen=True, slots=True)
class Export(Generic[R]):
    """One kind of file: its columns, the shape of a row, and how the next rows are found.

    `criteria` is the filter as the audit log may store it.
    """

    noun: str
    criteria: Mapping[str, Any]
    columns: Sequence[str]
    shape: type[Schema]
    ask: Ask[R]
    place: Callable[[R], Any]


def conversations(criteria: ConversationFilter) -> Export[ListedConversation]:
    """The conversations that match, the newest first."""
    return Export(
        "conversations",
        criteria.for_audit(),
        (
            *("id", "contact_id", "phone", "name", "channel", "our_number", "state", "holder"),
            *("held_by", "held_until", "unread", "failed", "opened_at", "last_message_at"),
            *("last_inbound_at", "closed_at", "data"),
        ),
        shapes.Conversation,
        lambda connection, after, limit: queries.all_of(connection, criteria, after, limit),
        lambda row: row.id,
    )


def contacts(words: str) -> Export[ContactRow]:
    """The contacts that match the words, the newest first."""
    return Export(
        "contacts",
        ConversationFilter(words=words).for_audit(),
        (
            *("id", "address", "phone", "name", "created_at", "last_seen_at", "blocked"),
            *("opted_out", "opt_outs", "attributes"),
        ),
        shapes.Contact,
        lambda connection, after, limit: contact_list.listing(connection, words, after, limit),
        lambda row: (row.created_at, row.id),
    )


def messages(conversation_id: UUID) -> Export[MessageRow]:
    """The messages of one conversation, the oldest first."""
    return Export(
        "messages",
        {"conversation": str(conversation_id)},
        (
            *("id", "created_at", "direction", "author", "kind", "body", "media", "channel"),
            *("status", "error_code", "error", "segments", "provider_id", "content"),
        ),
        shapes.Message,
        lambda connection, after, limit: transcript.of_conversation(
            connection, conversation_id, after or 0, limit
        ),
        lambda row: row.id,
    )


def file(export: Export[R], kind: str, *, actor: str) -> Response:
    """Stream the file; the audit log records who exported it."""
    if kind not in _TYPES:
        raise NotFound("An export is a CSV or a JSON file.")
    database = here().runtime.database
    with database.write() as connection:
        now = database.now(connection)
        details = {"format": kind, "filter": dict(export.criteria)}
        audit.append(connection, now, actor, "export", export.noun, **details)
    pages = _pages(database, export)
    # Before the answer starts: an unreachable database is a 503, not half a file.
    pages = chain([next(pages, [])], pages)
    name = f"{export.noun}-{now:%Y-%m-%d-%H%M}.{kind}"
    return Response(
        csv_lines(export.columns, pages) if kind == "csv" else _json(export.columns, pages),
        content_type=_TYPES[kind],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _pages(
    database: Database, export: Export[R], a_page: int = A_BATCH
) -> Iterator[list[list[Any]]]:
    """The values of the columns, batch by batch."""
    after = None
    shape = export.shape(only=export.columns)
    while True:
        with database.read() as connection:
            rows = export.ask(connection, after, a_page)
        yield [[item[name] for name in export.columns] for item in shape.dump(rows, many=True)]
        if len(rows) < a_page:
            return
        after = export.place(rows[-1])


def plain(value: Any) -> Any:
    """A value for a file: moments as ISO 8601."""
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _json(columns: Sequence[str], pages: Iterator[list[list[Any]]]) -> Iterator[str]:
    separator = "[\n"
    for page in pages:
        if page:
            items = (to_json(dict(zip(columns, values, strict=True))) for values in page)
            yield separator + ",\n".join(items)
            separator = ",\n"
    yield "[]\n" if separator == "[\n" else "\n]\n"


def csv_lines(columns: Sequence[str], pages: Iterable[list[list[Any]]]) -> Iterator[str]:
    """RFC 4180. The byte order mark tells spreadsheets that it is UTF-8; programs take JSON."""
    yield "\ufeff"
    for page in chain([[list(columns)]], pages):
        lines = io.StringIO()
        csv.writer(lines).writerows([cell(value) for value in values] for values in page)
        yield lines.getvalue()


def cell(value: object) -> str:
    """A value for a spreadsheet, escaped so that it is never a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = to_json(value) if isinstance(value, dict | list) else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
