"""Bulk state change: a preview of what would change, then the change itself.

The conversations are those that match the filter in the address, as in the list.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from flask import Response, flash, request, url_for
from werkzeug import Response as BaseResponse

from pipeline import override
from pipeline.errors import UnknownState
from pipeline.queries import conversations as queries
from pipeline.queries import states
from web.actions import table
from web.dashboard import formats
from web.dashboard.conversations.filters import Filters
from web.dashboard.forms import submit, text_of
from web.dashboard.page import Page, needs, person
from web.dashboard.reader import ask
from web.dashboard.shell import show
from web.services import here

page = Page("bulk", under="conversations")

SAMPLE = 10
_HOLDERS = {
    "bot": "answered by the bot",
    "operator": "taken over",
    "me": "taken over by me",
}


@dataclass(frozen=True, slots=True)
class Change:
    """What the form asks for; `needs_force` if the bot lacks the state."""

    state: str = ""
    is_listed: bool = True
    reason: str = ""
    needs_force: bool = False


@page.get("/conversations/change-state")
@needs("operator")
def index() -> Response:
    """Preview the change: how many conversations match, and the first of them."""
    return _page(Change(state=request.args.get("to", "")))


@page.post("/conversations/change-state")
@needs("operator")
def change() -> BaseResponse:
    """Change them; a state that the bot lacks must be confirmed."""
    filters, other = Filters.asked(), text_of("other").strip()
    asked = Change(other or text_of("state"), not other, text_of("reason", 1000))
    try:
        return submit(
            table.CHANGE_STATES,
            f"{url_for('conversations.index')}?{filters.query()}".rstrip("?"),
            partial(_page, asked, status=409),
            filters.criteria(person().email),
            asked.state,
            actor=person().email,
            reason=asked.reason,
            force=text_of("force") == "1",
            expected=request.form.get("expected", type=int),
        )
    except UnknownState as error:
        if not asked.state:
            flash(str(error), "bad")
        return _page(replace(asked, needs_force=bool(asked.state)), status=422)


def _page(asked: Change, *, status: int = 200) -> Response:
    filters = Filters.asked()
    criteria = replace(filters.criteria(person().email), is_open=True)
    return show(
        "bulk/page.html",
        status=status,
        # Counted once: the number must not change while an operator confirms it.
        is_live=False,
        query=filters.query(),
        words=tuple(_words(filters)),
        found=override.count_open(here().runtime, criteria),
        rows=ask(queries.listing, criteria, None, SAMPLE),
        states=ask(states.listing, tuple(here().runtime.bot.states)),
        asked=asked,
    )


def _words(filters: Filters) -> Iterator[str]:
    """The filter in words, one part each."""
    if filters.q:
        yield f"“{filters.q}”"
    yield from filters.states
    if filters.channel:
        yield formats.channel(filters.channel)
    if filters.holder:
        yield _HOLDERS[filters.holder]
    if filters.unread:
        yield "unread"
    if filters.failed:
        yield "failed"
    if filters.since:
        yield f"active from {filters.since}"
    if filters.until:
        yield f"to {filters.until}"
