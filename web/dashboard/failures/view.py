"""Failures: bot errors, undelivered messages, and sends with an unknown outcome."""

from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Response, redirect, request, url_for
from sqlalchemy import Connection
from werkzeug import Response as BaseResponse

from pipeline import override
from pipeline.enums import Status
from pipeline.queries import failures as queries
from pipeline.queries import queues
from pipeline.queries.failures import FailedMessage
from web.actions import table
from web.api import cursors
from web.api.listing import one_page
from web.dashboard.forms import add_forms, submit
from web.dashboard.page import Page, needs, person
from web.dashboard.reader import ask
from web.dashboard.shell import show
from web.services import here

page = Page("failures", "Failures")

A_PAGE = 30


@dataclass(frozen=True, slots=True)
class Failed:
    """An undelivered message, and why sending it again would not help ("" if it may)."""

    message: FailedMessage
    why_not: str


@page.get("/failures")
@needs("viewer")
def index() -> Response:
    """Show both lists, and how many sends have an unknown outcome."""
    args = request.args
    after_turn = cursors.serial_of(args.get("turns", "")) or 0
    turns = ask(queries.turns, after_turn, A_PAGE + 1)
    after_message = cursors.moment_serial_of(args.get("messages", ""))
    messages = one_page(
        ask(_messages, after_message),
        A_PAGE,
        lambda failed: (failed.message.failed_at, failed.message.id),
    )
    return show(
        "failures/page.html",
        turns=turns[:A_PAGE],
        more_turns=_following("turns", turns[A_PAGE - 1].id if len(turns) > A_PAGE else None),
        messages=messages.items,
        more_messages=_following("messages", messages.next),
        unknown=ask(_unknown),
        is_first=not args,
    )


def _following(name: str, after: object) -> str:
    """The address of the next page of a list; "" at its end."""
    return f"{url_for('failures.index')}?{urlencode({name: after})}" if after else ""


@page.post("/failures/turns/rerun")
@needs(table.RERUN_ALL.role)
def rerun_all() -> BaseResponse:
    """Run every parked turn again."""
    return submit(table.RERUN_ALL, _address(), _again, actor=person().email)


def _address(**_: object) -> str:
    return url_for("failures.index")


def _again(**_: object) -> BaseResponse:
    return redirect(_address(), 303)


add_forms(page, "turn", "/failures/turns/<int:entry_id>", _address, _again)
add_forms(page, "message", "/failures/messages/<uuid:message_id>", _address, _again)


def _messages(connection: Connection, after: queries.FailurePosition | None) -> tuple[Failed, ...]:
    provider = here().runtime.provider
    rows = queries.messages(connection, after, A_PAGE + 1)
    return tuple(Failed(row, override.why_not_again(row, provider)) for row in rows)


def _unknown(connection: Connection) -> int:
    now = here().runtime.database.now(connection)
    return queues.outbox(connection, now)[Status.UNKNOWN].count
