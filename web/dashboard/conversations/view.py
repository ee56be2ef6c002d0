"""Conversations: the live list with its filters, and its export."""

import re
from collections.abc import Sequence
from typing import TypedDict

from flask import Response, g, redirect, request, url_for
from werkzeug import Response as BaseResponse

from pipeline.messages import SMS, WHATSAPP
from pipeline.queries import channels, finding, states
from pipeline.queries import conversations as queries
from web import exports
from web.api import cursors
from web.api.listing import one_page
from web.dashboard.conversations.filters import Filters
from web.dashboard.page import Page, needs, person
from web.dashboard.reader import ask
from web.dashboard.shell import show
from web.services import here

page = Page("conversations", "Conversations")

A_PAGE = 50
# A turn as "#123", one of our ids, or of the provider's: what a line of the log names.
_ID = re.compile(r"#\d{1,18}|[0-9a-f-]{36}|[A-Z]{2}[0-9a-f]{32}")
MOST_COUNTED = 1000


class ListContext(TypedDict):
    """The variables of conversations/list.html; `found` counts the matches of a filter.

    `channels` are those to filter by: the usual ones, and what else there are conversations on.
    """

    filters: Filters
    query: str
    rows: Sequence[object]
    following: str
    is_first: bool
    states: Sequence[states.StateCount]
    channels: Sequence[str]
    found: int | None


@page.get("/")
@needs("viewer")
def front() -> BaseResponse:
    """Redirect to the conversations, the first page of the dashboard."""
    return redirect(url_for("conversations.index"))


@page.get("/conversations")
@needs("viewer")
def index() -> BaseResponse:
    """Show the list alone, or what an id in the search box leads to."""
    asked = request.args.get("q", "").strip()
    if _ID.fullmatch(asked) and not g.is_live and ask(finding.place_of, asked):
        return redirect(url_for("failures.find", wanted=asked), 303)
    return show("conversations/page.html", **list_context(), transcript=None)


@page.get("/conversations/export.<kind>")
@needs("viewer")
def export(kind: str) -> Response:
    """The conversations that the filters of the address find, as a file."""
    wanted = Filters.asked().criteria(person().email)
    return exports.file(exports.conversations(wanted), kind, actor=person().email)


def list_context() -> ListContext:
    """What conversations/list.html shows, here and next to an open conversation."""
    filters = Filters.asked()
    criteria = filters.criteria(person().email)
    after = cursors.moment_of(request.args.get("after", ""))
    rows = ask(queries.listing, criteria, after, A_PAGE + 1)
    found = one_page(rows, A_PAGE, lambda row: (row.last_message_at, row.id))
    following = f"{url_for('conversations.index')}?{filters.query(after=found.next)}"
    return {
        "filters": filters,
        "query": filters.query(),
        "rows": found.items,
        "following": following if found.next else "",
        "is_first": not request.args.get("after"),
        "states": ask(states.listing, tuple(here().runtime.bot.states)),
        "channels": tuple(dict.fromkeys([WHATSAPP, SMS, *ask(channels.listing)])),
        "found": ask(queries.count_up_to, criteria, MOST_COUNTED) if filters.is_any else None,
    }
