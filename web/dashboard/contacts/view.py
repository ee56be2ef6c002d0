"""Contacts: everyone who messaged us or was messaged, the newest first."""

import uuid
from datetime import datetime
from functools import partial

from flask import Response, request, url_for
from sqlalchemy import Connection
from werkzeug import Response as BaseResponse

from pipeline.messages import storable
from pipeline.queries import address_book
from pipeline.queries.address_book import Known
from web import exports
from web.actions import table
from web.api import cursors
from web.dashboard.forms import submit, text_of
from web.dashboard.page import Page, needs, person
from web.dashboard.reader import ask
from web.dashboard.shell import show

page = Page("contacts", "Contacts")

A_PAGE = 50
LONGEST_SEARCH = 200


@page.get("/contacts")
@needs("viewer")
def index() -> Response:
    """List contacts, or those that match the search."""
    return _page()


@page.post("/contacts")
@needs(table.ADD_CONTACT.role)
def add() -> BaseResponse:
    """Add a contact by number; a known number leads to its contact."""
    phone = text_of("phone").strip()
    return submit(
        table.ADD_CONTACT,
        lambda added: url_for("contact.index", contact_id=added[0].id),
        partial(_page, status=422, phone=phone[:LONGEST_SEARCH]),
        phone,
        actor=person().email,
    )


@page.get("/contacts/export.<kind>")
@needs("viewer")
def export(kind: str) -> Response:
    """The contacts that the search finds, as a file."""
    return exports.file(exports.contacts(search_text()), kind, actor=person().email)


def search_text() -> str:
    """The search in the address."""
    return storable(request.args.get("q", ""))[:LONGEST_SEARCH].strip()


def _page(*, status: int = 200, phone: str = "") -> Response:
    rows = ask(_rows, search_text(), cursors.moment_of(request.args.get("after", "")))
    return show(
        "contacts/page.html",
        status=status,
        q=search_text(),
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
    """The address of the next page; "" at the end of the list."""
    if len(rows) <= A_PAGE:
        return ""
    last = rows[A_PAGE - 1].contact
    after = cursors.encode((last.created_at, last.id))
    return url_for("contacts.index", q=search_text() or None, after=after)
