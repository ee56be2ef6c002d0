"""Failures: bot errors, undelivered messages, and sends with an unknown outcome."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Response, redirect, request, url_for
from sqlalchemy import Connection, Row
from werkzeug import Response as BaseResponse

from pipeline import override
from pipeline.enums import Status
from pipeline.queries import failures as queries
from pipeline.queries import queues
from web.actions import table
from web.api import cursors
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

    message: Row[Any]
    why_not: str


@page.get("/failures")
@needs("viewer")
def index() -> Response:
    """Show both lists, and how many sends have an unknown outcome."""
    turns = ask(_turns, cursors.serial_of(request.args.get("turns", "")) or 0)
    messages = ask(_messages, cursors.moment_serial_of(request.args.get("messages", "")))
    return show(
        "failures/page.html",
        turns=turns[:A_PAGE],
        more_turns=_after(turns, "turns", lambda row: str(row.id)),
        messages=messages[:A_PAGE],
        more_messages=_after(messages, "messages", _place),
        unknown=ask(_unknown),
        is_first=not request.args,
    )


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


def _turns(connection: Connection, after: int) -> tuple[Row[Any], ...]:
    return tuple(queries.turns(connection, after, A_PAGE + 1))


def _messages(connection: Connection, after: queries.Place | None) -> tuple[Failed, ...]:
    provider = here().runtime.provider
    rows = queries.messages(connection, after, A_PAGE + 1)
    return tuple(Failed(row, override.why_not_again(row, provider)) for row in rows)


def _unknown(connection: Connection) -> int:
    now = here().runtime.database.now(connection)
    return queues.outbox(connection, now)[Status.UNKNOWN].count


def _place(failed: Failed) -> str:
    return cursors.encode((failed.message.failed_at, failed.message.id))


def _after(rows: tuple[Any, ...], name: str, place: Callable[[Any], str]) -> str:
    """The address of the next page; "" at the end of a list."""
    if len(rows) <= A_PAGE:
        return ""
    return f"{url_for('failures.index')}?{urlencode({name: place(rows[A_PAGE - 1])})}"
