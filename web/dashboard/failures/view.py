"""Failures: turns that were given up, messages that did not arrive, sends nobody knows about."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Response, flash, redirect, request, url_for
from sqlalchemy import Connection, Row
from werkzeug import Response as BaseResponse

from pipeline import override
from pipeline.enums import Status
from pipeline.errors import ChangeRefused
from pipeline.queries import failures as queries
from pipeline.queries import queues
from pipeline.wakeups import Pool
from web.api import cursors
from web.dashboard.page import Page, needs, person
from web.dashboard.reader import ask
from web.dashboard.shell import show
from web.services import here

page = Page("failures", "Failures")

A_PAGE = 30


@dataclass(frozen=True, slots=True)
class Failed:
    """A message that did not arrive, and why sending it once more would not help ("" if it may)."""

    message: Row[Any]
    why_not: str


@page.get("/failures")
@needs("viewer")
def index() -> Response:
    """Both lists, and how many sends are being looked up."""
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


@page.post("/failures/turns/<int:entry_id>/rerun")
@needs("operator")
def rerun(entry_id: int) -> BaseResponse:
    """Take a turn once more."""
    return _do(
        lambda: override.rerun(here().runtime, entry_id, actor=person().email),
        said="The turn is taken again.",
        notify="converse",
    )


@page.post("/failures/turns/rerun")
@needs("operator")
def rerun_all() -> BaseResponse:
    """Take every turn once more."""
    count = override.rerun_all(here().runtime, actor=person().email)
    here().notify("converse")
    flash(f"{count} turn{'' if count == 1 else 's'} taken again.")
    return redirect(url_for("failures.index"), 303)


@page.post("/failures/turns/<int:entry_id>/skip")
@needs("operator")
def skip(entry_id: int) -> BaseResponse:
    """Give a turn up; what the contact wrote stays in the log."""
    return _do(
        lambda: override.skip(here().runtime, entry_id, actor=person().email),
        said="The turn is skipped; what the contact wrote stays in the log.",
    )


@page.post("/failures/messages/<uuid:message_id>/retry")
@needs("operator")
def retry(message_id: uuid.UUID) -> BaseResponse:
    """Send a message once more."""
    return _do(
        lambda: override.retry(here().runtime, message_id, actor=person().email),
        said="It is queued once more.",
        notify="dispatch",
    )


@page.post("/failures/messages/<uuid:message_id>/dismiss")
@needs("operator")
def dismiss(message_id: uuid.UUID) -> BaseResponse:
    """Take a message off this list."""
    return _do(
        lambda: override.dismiss(here().runtime, message_id, actor=person().email),
        said="It is off this list; in its conversation it stays marked.",
    )


def _do(change: Callable[[], object], *, said: str, notify: Pool | None = None) -> BaseResponse:
    try:
        change()
    except ChangeRefused as error:
        flash(str(error), "bad")
        return redirect(url_for("failures.index"), 303)
    if notify:
        here().notify(notify)
    flash(said)
    return redirect(url_for("failures.index"), 303)


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
    """Where a list goes on; "" at its end."""
    if len(rows) <= A_PAGE:
        return ""
    return f"{url_for('failures.index')}?{urlencode({name: place(rows[A_PAGE - 1])})}"
