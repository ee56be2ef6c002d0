"""The audit log, for admins: every change with its author, the newest first."""

from urllib.parse import urlencode

from flask import Response, request, url_for

from pipeline.messages import storable
from pipeline.queries import audit as queries
from pipeline.queries.audit import AuditFilter
from web.api import cursors
from web.dashboard.conversations.filters import days
from web.dashboard.page import Page, needs
from web.dashboard.reader import ask
from web.dashboard.shell import show

page = Page("audit", "Audit log")

A_PAGE = 100
_LONGEST = 320


@page.get("/audit")
@needs("admin")
def index() -> Response:
    """The entries that the address asks for."""
    args = request.args
    since, until = days(args.get("since", ""), args.get("until", ""))
    asked = AuditFilter(_word("actor"), _word("action"), since, until)
    rows = ask(queries.listing, asked, cursors.serial_of(args.get("before", "")), A_PAGE + 1)
    given = {name: args[name] for name in ("actor", "action", "since", "until") if args.get(name)}
    following = ""
    if len(rows) > A_PAGE:
        query = urlencode({**given, "before": rows[A_PAGE - 1].id})
        following = f"{url_for('audit.index')}?{query}"
    return show(
        "audit/page.html",
        rows=rows[:A_PAGE],
        following=following,
        actions=ask(queries.actions),
        given=given,
    )


def _word(name: str) -> str:
    return storable(request.args.get(name, ""))[:_LONGEST].strip()
