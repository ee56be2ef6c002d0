"""Canned replies: saved texts that operators can insert into a message."""

import uuid
from dataclasses import dataclass
from functools import partial

from flask import Response, url_for
from werkzeug import Response as BaseResponse

from pipeline.override import LONGEST_TITLE
from pipeline.records.accounts import canned_replies
from web.actions import table
from web.dashboard.forms import submit, text_of
from web.dashboard.page import Page, needs, person
from web.dashboard.reader import ask
from web.dashboard.shell import show

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
    """List every reply."""
    return _page()


@page.post("/canned-replies")
@needs("operator")
def add() -> BaseResponse:
    """Add a reply."""
    typed = _typed("")
    return submit(
        table.ADD_CANNED_REPLY,
        url_for("canned_replies.index"),
        partial(_page, status=409, typed=typed),
        typed.title,
        typed.body,
        actor=person().email,
    )


@page.post("/canned-replies/<uuid:reply_id>")
@needs("operator")
def change(reply_id: uuid.UUID) -> BaseResponse:
    """Change a reply."""
    typed = _typed(str(reply_id))
    return submit(
        table.CHANGE_CANNED_REPLY,
        url_for("canned_replies.index"),
        partial(_page, status=409, typed=typed),
        reply_id,
        actor=person().email,
        title=typed.title,
        body=typed.body,
    )


@page.post("/canned-replies/<uuid:reply_id>/delete")
@needs("operator")
def delete(reply_id: uuid.UUID) -> BaseResponse:
    """Delete a reply; messages sent with it stay."""
    return submit(
        table.DELETE_CANNED_REPLY,
        url_for("canned_replies.index"),
        partial(_page, status=409),
        reply_id,
        actor=person().email,
    )


def _typed(reply_id: str) -> Typed:
    return Typed(reply_id, text_of("title"), text_of("body"))


def _page(*, status: int = 200, typed: Typed | None = None) -> Response:
    return show(
        "canned_replies/page.html",
        status=status,
        replies=ask(canned_replies.listing),
        typed=typed,
        longest_title=LONGEST_TITLE,
    )
