"""Canned replies: texts that operators send often, kept in one place for all of them."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Response, flash, redirect, request, url_for
from sqlalchemy import Connection, Row
from werkzeug import Response as BaseResponse

from pipeline import override
from pipeline.errors import ChangeRefused, NotFound
from pipeline.override import LONGEST_TITLE
from pipeline.records.accounts import canned_replies
from web.dashboard.page import Page, needs, person
from web.dashboard.reader import ask
from web.dashboard.shell import show
from web.services import here

page = Page("canned_replies", under="conversations")


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed into a form that was refused; `id` is the reply's, or "" for a new one."""

    id: str
    title: str
    body: str


@page.get("/canned-replies")
@needs("viewer")
def index() -> Response:
    """All of them."""
    return _page()


@page.post("/canned-replies")
@needs("operator")
def add() -> BaseResponse:
    """One more."""
    typed = _typed("")
    return _do(
        lambda: override.add_canned_reply(
            here().runtime, typed.title, typed.body, actor=person().email
        ),
        typed,
        said="Added.",
    )


@page.post("/canned-replies/<uuid:reply_id>")
@needs("operator")
def change(reply_id: uuid.UUID) -> BaseResponse:
    """Another title or text."""
    typed = _typed(str(reply_id))
    return _do(
        lambda: override.change_canned_reply(
            here().runtime, reply_id, actor=person().email, title=typed.title, body=typed.body
        ),
        typed,
        said="Saved.",
    )


@page.post("/canned-replies/<uuid:reply_id>/delete")
@needs("operator")
def delete(reply_id: uuid.UUID) -> BaseResponse:
    """Delete one; what was sent with it stays."""
    return _do(
        lambda: override.delete_canned_reply(here().runtime, reply_id, actor=person().email),
        None,
        said="Deleted.",
    )


def _do(change: Callable[[], object], typed: Typed | None, *, said: str) -> BaseResponse:
    try:
        change()
    except NotFound:
        raise
    except ChangeRefused as error:
        flash(str(error), "bad")
        return _page(status=409, typed=typed)
    flash(said)
    return redirect(url_for("canned_replies.index"), 303)


def _typed(reply_id: str) -> Typed:
    form = request.form
    return Typed(reply_id, form.get("title", ""), form.get("body", "").replace("\r\n", "\n"))


def _page(*, status: int = 200, typed: Typed | None = None) -> Response:
    return show(
        "canned_replies/page.html",
        status=status,
        replies=ask(_replies),
        typed=typed,
        longest_title=LONGEST_TITLE,
    )


def _replies(connection: Connection) -> tuple[Row[Any], ...]:
    return tuple(canned_replies.listing(connection))
