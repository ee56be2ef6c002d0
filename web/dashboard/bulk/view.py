"""Change the state of many: first what would change, then the change itself.

The conversations are those that the filter in the address finds, as in the list.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from flask import Response, flash, redirect, request, url_for
from sqlalchemy import Connection, Row
from werkzeug import Response as BaseResponse

from pipeline import override
from pipeline.errors import ChangeRefused, UnknownState
from pipeline.queries import conversations as queries
from pipeline.queries import states
from pipeline.queries.filter import ConversationFilter
from web.dashboard.conversations.filters import Filters
from web.dashboard.page import Page, needs, person
from web.dashboard.reader import ask
from web.dashboard.shell import show
from web.services import here

page = Page("bulk", under="conversations")

SAMPLE = 10


@dataclass(frozen=True, slots=True)
class Asked:
    """What the form asks for; `needs_force` once the bot turned out to lack the state."""

    state: str = ""
    is_listed: bool = True
    reason: str = ""
    needs_force: bool = False


@page.get("/conversations/change-state")
@needs("operator")
def index() -> Response:
    """What would change: how many conversations the filter finds, and the first of them."""
    return _page(Asked(state=request.args.get("to", "")))


@page.post("/conversations/change-state")
@needs("operator")
def change() -> BaseResponse:
    """Change them; a state that the bot lacks is asked for twice."""
    form, filters = request.form, Filters.asked()
    other = form.get("other", "").strip()
    asked = Asked(other or form.get("state", ""), not other, form.get("reason", "")[:1000])
    try:
        done = override.change_states(
            here().runtime,
            filters.wanted(person().email),
            asked.state,
            actor=person().email,
            reason=asked.reason,
            force=form.get("force") == "1",
            expected=form.get("expected", type=int),
        )
    except UnknownState as error:
        if not asked.state:
            flash(str(error), "bad")
        return _page(replace(asked, needs_force=bool(asked.state)), status=422)
    except ChangeRefused as error:
        flash(str(error), "bad")
        return _page(asked, status=409)
    here().notify("converse")
    flash(_told(done, asked.state))
    return redirect(f"{url_for('conversations.index')}?{filters.query()}".rstrip("?"), 303)


def _told(done: override.Changed, state: str) -> str:
    said = f"{done.changed:,} conversation{'' if done.changed == 1 else 's'} changed to {state}"
    if not done.skipped:
        return f"{said}."
    were = "was" if done.skipped == 1 else "were"
    return f"{said}; {done.skipped:,} {were} there already, or had left the filter, and skipped."


def _page(asked: Asked, *, status: int = 200) -> Response:
    filters = Filters.asked()
    wanted = replace(filters.wanted(person().email), is_open=True)
    return show(
        "bulk/page.html",
        status=status,
        # Counted once: what somebody is about to confirm must not change before their eyes.
        is_live=False,
        query=filters.query(),
        words=tuple(_words(filters)),
        found=override.count_open(here().runtime, wanted),
        rows=ask(_sample, wanted),
        states=ask(_states),
        asked=asked,
    )


def _words(filters: Filters) -> Iterator[str]:
    """The filter as a person would say it."""
    if filters.q:
        yield f"“{filters.q}”"
    yield from filters.states
    if filters.channel:
        yield {"sms": "SMS", "whatsapp": "WhatsApp"}[filters.channel]
    if filters.holder:
        yield {"bot": "the bot answers", "operator": "held", "me": "held by me"}[filters.holder]
    if filters.unread:
        yield "unread"
    if filters.failed:
        yield "failed"
    if filters.since:
        yield f"active since {filters.since}"
    if filters.until:
        yield f"until {filters.until}"


def _sample(connection: Connection, wanted: ConversationFilter) -> tuple[Row[Any], ...]:
    return tuple(queries.listing(connection, wanted, None, SAMPLE))


def _states(connection: Connection) -> tuple[states.StateCount, ...]:
    return tuple(states.listing(connection, here().runtime.bot.states))
