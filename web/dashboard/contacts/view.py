"""Contacts: everybody who wrote to us or whom we wrote to, the newest first."""

import uuid
from datetime import datetime

from flask import Response, flash, redirect, request, url_for
from sqlalchemy import Connection
from werkzeug import Response as BaseResponse

from pipeline import override
from pipeline.errors import ChangeRefused
from pipeline.messages import storable
from pipeline.queries import address_book
from pipeline.queries.address_book import Known
from web import exports
from web.api import cursors
from web.dashboard.page import Page, needs, person
from web.dashboard.reader import ask
from web.dashboard.shell import show
from web.services import here

page = Page("contacts", "Contacts")

A_PAGE = 50
LONGEST_WORDS = 200


@page.get("/contacts")
@needs("viewer")
def index() -> Response:
    """The list, or those in it that are searched for."""
    return _page()


@page.post("/contacts")
@needs("operator")
def add() -> BaseResponse:
    """Add a contact by number; a number that is known leads to its contact."""
    phone = request.form.get("phone", "").strip()
    try:
        contact, is_new = override.add_contact(here().runtime, phone, actor=person().email)
    except ChangeRefused as error:
        flash(str(error), "bad")
        return _page(status=422, phone=phone[:LONGEST_WORDS])
    flash("The contact is there." if is_new else "This contact was there already.")
    return redirect(url_for("contact.index", contact_id=contact.id), 303)


@page.get("/contacts/export.<kind>")
@needs("viewer")
def export(kind: str) -> Response:
    """The contacts that the search finds, as a file."""
    return exports.file(exports.contacts(words()), kind, actor=person().email)


def words() -> str:
    """What the address searches for."""
    return storable(request.args.get("q", ""))[:LONGEST_WORDS].strip()


def _page(*, status: int = 200, phone: str = "") -> Response:
    rows = ask(_rows, words(), cursors.moment_of(request.args.get("after", "")))
    return show(
        "contacts/page.html",
        status=status,
        q=words(),
        rows=rows[:A_PAGE],
        following=_following(rows),
        is_first=not request.args.get("after"),
        phone=phone,
    )


def _rows(
    connection: Connection, searched: str, after: tuple[datetime, uuid.UUID] | None
) -> tuple[Known, ...]:
    return tuple(address_book.listing(connection, searched, after, A_PAGE + 1))


def _following(rows: tuple[Known, ...]) -> str:
    """Where the list goes on; "" at its end."""
    if len(rows) <= A_PAGE:
        return ""
    last = rows[A_PAGE - 1].contact
    after = cursors.encode((last.created_at, last.id))
    return url_for("contacts.index", q=words() or None, after=after)
