"""Contacts: everyone who messaged us or was messaged, the newest first."""

from functools import partial

from flask import Response, flash, request, url_for
from werkzeug import Response as BaseResponse

from pipeline.errors import NumberRefused
from pipeline.messages import storable
from pipeline.queries import address_book
from web import exports
from web.actions import table
from web.api import cursors
from web.api.listing import one_page
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
    try:
        return submit(
            table.ADD_CONTACT,
            lambda added: url_for("contact.index", contact_id=added[0].id),
            partial(_page, status=422, phone=phone[:LONGEST_SEARCH]),
            phone,
            actor=person().email,
            force=text_of("force") == "1",
        )
    except NumberRefused as error:
        flash(str(error), "bad")
        return _page(status=422, phone=phone[:LONGEST_SEARCH], is_doubtful=error.is_doubtful)


@page.get("/contacts/export.<kind>")
@needs("viewer")
def export(kind: str) -> Response:
    """The contacts that the search finds, as a file."""
    return exports.file(exports.contacts(search_text()), kind, actor=person().email)


def search_text() -> str:
    """The search in the address."""
    return storable(request.args.get("q", ""))[:LONGEST_SEARCH].strip()


def _page(*, status: int = 200, phone: str = "", is_doubtful: bool = False) -> Response:
    q, after = search_text(), request.args.get("after", "")
    rows = ask(address_book.listing, q, cursors.moment_of(after), A_PAGE + 1)
    found = one_page(rows, A_PAGE, lambda row: (row.contact.created_at, row.contact.id))
    following = url_for("contacts.index", q=q or None, after=found.next)
    return show(
        "contacts/page.html",
        status=status,
        q=q,
        rows=found.items,
        following=following if found.next else "",
        is_first=not after,
        phone=phone,
        is_doubtful=is_doubtful,
    )
