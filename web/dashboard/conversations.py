"""Conversations: the live list with its filters, and beside it the talk that is open.

What an operator does there is in overrides.py.
"""

import uuid
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request, url_for
from sqlalchemy import Connection, Row

from pipeline.gates import why_not_to_write
from pipeline.queries import conversations as insight
from pipeline.queries import states
from pipeline.queries.filter import Wanted
from pipeline.records.accounts import canned_replies
from pipeline.records.core import conversations as records
from web.api import cursors
from web.dashboard.access import needs, person
from web.dashboard.filters import Filters
from web.dashboard.reader import ask
from web.dashboard.shell import show
from web.dashboard.talk import Talk, talk, window_left
from web.site import here

conversations = Blueprint("conversations", __name__)

A_PAGE = 50
MOST_COUNTED = 1000
# Sent by live.js from a tab in the background.
HIDDEN = "Parley-Hidden"


@conversations.get("/conversations")
@needs("viewer")
def listing() -> Response:
    """The list alone."""
    return page(None)


@conversations.get("/conversations/<uuid:conversation_id>")
@needs("viewer")
def conversation(conversation_id: uuid.UUID) -> Response:
    """The list with one conversation open; an operator who sees it has read it."""
    return page(opened(conversation_id))


def page(shown: Talk | None, *, status: int = 200, **more: object) -> Response:
    """The page; `more` is what a refused form gives back."""
    filters = Filters.asked()
    wanted = filters.wanted(person().email)
    rows = ask(_rows, wanted, _after())
    counts = ask(_states)
    return show(
        "dashboard/conversations.html",
        status=status,
        filters=filters,
        query=filters.query(),
        rows=rows[:A_PAGE],
        following=_following(rows),
        is_first=not request.args.get("after"),
        states=counts,
        found=ask(_found, wanted) if filters.is_any else None,
        talk=shown,
        **(_beside(shown, counts) | more if shown else {}),
    )


def _beside(shown: Talk, counts: tuple[states.StateCount, ...]) -> dict[str, Any]:
    """What the composer and the state's control need besides the talk."""
    now = _now()
    state = shown.conversation.state
    edited, draft = _edited(shown)
    return {
        "window": window_left(shown.conversation, now),
        "refusal": why_not_to_write(shown.contact, shown.conversation, now),
        "canned": ask(_canned),
        "here": next((item.conversations for item in counts if item.state == state), 0),
        "edited": edited,
        "draft": draft,
    }


def _edited(shown: Talk) -> tuple[str, str]:
    """The failed message that is written anew, and its text; nothing otherwise."""
    wanted = request.args.get("edit", "")
    for line in shown.lines:
        if line.row is not None and line.sort == "message" and str(line.row.public_id) == wanted:
            return wanted, line.row.body
    return "", ""


def opened(conversation_id: uuid.UUID) -> Talk:
    """The conversation that a page shows; seen by an operator, it is read.

    What a hidden tab asks for is seen by nobody.
    """
    before = cursors.serial_of(request.args.get("before", ""))
    found = ask(talk, conversation_id, before)
    is_seen = HIDDEN not in request.headers and person().may("operator")
    if found.conversation.is_unread and is_seen:
        database = here().runtime.database
        with database.write() as connection:
            records.mark_read(connection, conversation_id, database.now(connection))
        found = ask(talk, conversation_id, before)
    return found


def _rows(
    connection: Connection, wanted: Wanted, after: tuple[datetime, uuid.UUID] | None
) -> tuple[Row[Any], ...]:
    return tuple(insight.listing(connection, wanted, after, A_PAGE + 1))


def _states(connection: Connection) -> tuple[states.StateCount, ...]:
    return tuple(states.listing(connection, here().runtime.bot.states))


def _found(connection: Connection, wanted: Wanted) -> int | None:
    return insight.count_up_to(connection, wanted, MOST_COUNTED)


def _canned(connection: Connection) -> tuple[Row[Any], ...]:
    return tuple(canned_replies.listing(connection))


def _after() -> tuple[datetime, uuid.UUID] | None:
    return cursors.moment_of(request.args.get("after", ""))


def _following(rows: tuple[Row[Any], ...]) -> str:
    """Where the list goes on; "" at its end."""
    if len(rows) <= A_PAGE:
        return ""
    last = rows[A_PAGE - 1]
    after = cursors.encode((last.last_message_at, last.id))
    return f"{url_for('conversations.listing')}?{Filters.asked().query(after=after)}"


def _now() -> datetime:
    database = here().runtime.database
    with database.read() as connection:
        return database.now(connection)
