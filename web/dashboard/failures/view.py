"""Failures: bot errors, undelivered messages, and sends with an unknown outcome."""

import re
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode

from flask import Response, redirect, request, url_for
from sqlalchemy import Connection
from werkzeug import Response as BaseResponse

from pipeline.enums import Status
from pipeline.errors import NotFound
from pipeline.messages import storable
from pipeline.queries import failures as queries
from pipeline.queries import finding, queues, refused_webhooks, resending
from pipeline.queries.failures import FailedMessage
from pipeline.queries.refused_webhooks import RefusedWebhooks
from pipeline.queries.resending import Again
from web.actions import table
from web.api import cursors
from web.api.listing import one_page
from web.dashboard.conversation.transcript import SHOWN
from web.dashboard.forms import add_forms, submit
from web.dashboard.page import Page, needs, person
from web.dashboard.reader import ask
from web.dashboard.shell import show
from web.services import here

page = Page("failures", "Failures")

A_PAGE = 30
# The id of refused webhooks, such as acme-signature-2026-11-28.
_WEBHOOKS = re.compile(r"[a-z]+-[a-z_]+-\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class Failed:
    """An undelivered message, and whether it can be sent again."""

    message: FailedMessage
    again: Again


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
        webhooks=() if args else ask(_webhooks),
        is_first=not args,
    )


def _following(name: str, after: object) -> str:
    """The address of the next page of a list; "" at its end."""
    return f"{url_for('failures.index')}?{urlencode({name: after})}" if after else ""


@page.get("/find/<path:wanted>")
@needs("viewer")
def find(wanted: str) -> BaseResponse:
    """Redirect to the turn, message, conversation or contact with this id. Raises NotFound."""
    if _WEBHOOKS.fullmatch(wanted):
        return redirect(url_for("failures.index", _anchor=wanted), 303)
    place = ask(finding.place_of, storable(wanted[:200]))
    if place is None or not (place.is_failed or place.conversation_id or place.contact_id):
        raise NotFound(f"Nothing has the id {wanted[:80]}: it is misspelled, or not stored yet.")
    return redirect(address_of(place), 303)


def address_of(place: finding.Place) -> str:
    """The page that shows a place, at its line."""
    if place.is_failed and place.message is None:
        # First on its page, with those that came later.
        after = place.turn_id - 1
        return url_for("failures.index", turns=after or None, _anchor=f"turn-{place.turn_id}")
    if place.conversation_id is None:
        return url_for("contact.index", contact_id=place.contact_id)
    where = partial(url_for, "conversation.index", conversation_id=place.conversation_id)
    if place.message is None:
        return where()
    message_id, public_id = place.message
    is_shown = not ask(finding.has_newer, place.conversation_id, message_id, SHOWN)
    # An earlier one is the last of its page.
    return where(before=None if is_shown else message_id + 1, _anchor=f"message-{public_id}")


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
    runtime = here().runtime
    rows = queries.messages(connection, after, A_PAGE + 1)
    now = runtime.database.now(connection)
    found = resending.assess(connection, rows, runtime.provider, now)
    return tuple(Failed(row, again) for row, again in zip(rows, found, strict=True))


def _webhooks(connection: Connection) -> tuple[RefusedWebhooks, ...]:
    return refused_webhooks.refused(connection, here().runtime.database.now(connection))


def _unknown(connection: Connection) -> int:
    now = here().runtime.database.now(connection)
    return queues.outbox(connection, now)[Status.UNKNOWN].count
