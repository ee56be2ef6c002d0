"""Conversations: the live list with its filters, and its export."""

import uuid
from datetime import datetime
from typing import Any

from flask import Response, redirect, request, url_for
from sqlalchemy import Connection, Row
from werkzeug import Response as BaseResponse

from pipeline.queries import conversations as queries
from pipeline.queries import states
from pipeline.queries.filter import ConversationFilter
from web import exports
from web.api import cursors
from web.dashboard.conversations.filters import Filters
from web.dashboard.page import Page, needs, person
from web.dashboard.reader import ask
from web.dashboard.shell import show
from web.services import here

page = Page("conversations", "Conversations")

A_PAGE = 50
MOST_COUNTED = 1000


@page.get("/")
@needs("viewer")
def front() -> BaseResponse:
    """Redirect to the conversations, the first page of the dashboard."""
    return redirect(url_for("conversations.index"))


@page.get("/conversations")
@needs("viewer")
def index() -> Response:
    """Show the list alone."""
    return show("conversations/page.html", **list_context(), transcript=None)


@page.get("/conversations/export.<kind>")
@needs("viewer")
def export(kind: str) -> Response:
    """The conversations that the filters of the address find, as a file."""
    wanted = Filters.asked().criteria(person().email)
    return exports.file(exports.conversations(wanted), kind, actor=person().email)


def list_context() -> dict[str, Any]:
    """What conversations/list.html shows, here and next to an open conversation."""
    filters = Filters.asked()
    wanted = filters.criteria(person().email)
    rows = ask(_rows, wanted, cursors.moment_of(request.args.get("after", "")))
    return {
        "filters": filters,
        "query": filters.query(),
        "rows": rows[:A_PAGE],
        "following": _following(filters, rows),
        "is_first": not request.args.get("after"),
        "states": ask(_states),
        "found": ask(_found, wanted) if filters.is_any else None,
    }


def _rows(
    connection: Connection, wanted: ConversationFilter, after: tuple[datetime, uuid.UUID] | None
) -> tuple[Row[Any], ...]:
    return tuple(queries.listing(connection, wanted, after, A_PAGE + 1))


def _states(connection: Connection) -> tuple[states.StateCount, ...]:
    return tuple(states.listing(connection, here().runtime.bot.states))


def _found(connection: Connection, wanted: ConversationFilter) -> int | None:
    return queries.count_up_to(connection, wanted, MOST_COUNTED)


def _following(filters: Filters, rows: tuple[Row[Any], ...]) -> str:
    """The address of the next page; "" at the end of the list."""
    if len(rows) <= A_PAGE:
        return ""
    last = rows[A_PAGE - 1]
    after = cursors.encode((last.last_message_at, last.id))
    return f"{url_for('conversations.index')}?{filters.query(after=after)}"
