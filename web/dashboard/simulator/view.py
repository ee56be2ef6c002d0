"""The simulator: phones in the browser whose messages are handled like a provider's webhook.

Which phones are open is in the address: `phone=+1415…` is SMS, `phone=whatsapp:+1415…` WhatsApp.
"""

import uuid
from functools import partial
from itertools import count
from urllib.parse import urlencode

import phonenumbers
from flask import Response, flash, redirect, request, url_for
from sqlalchemy import Connection
from werkzeug import Response as BaseResponse

from pipeline.errors import WebhookRejected
from pipeline.providers import addresses
from pipeline.providers.base import Webhook
from pipeline.records.core import contacts
from web.actions import table
from web.dashboard.forms import submit
from web.dashboard.page import Page, needs, person
from web.dashboard.reader import ask
from web.dashboard.shell import show
from web.dashboard.simulator.phones import load_phone, recent_contacts
from web.services import here

page = Page("simulator", "Simulator", in_simulator_only=True)

MOST_OPEN = 3
_DAY_MINUTES = 24 * 60
_LONGEST_MINUTES = 366 * _DAY_MINUTES


@page.get("/simulator")
@needs("operator")
def index() -> Response:
    """Show the phones in the address, side by side."""
    return _page(200)


@page.post("/simulator/phones")
@needs("operator")
def add() -> BaseResponse:
    """Open another phone."""
    form = request.form
    prefix = "whatsapp:" if form.get("channel") == "whatsapp" else ""
    try:
        parsed = phonenumbers.parse(form.get("number", ""))
    except phonenumbers.NumberParseException:
        flash(addresses.EXPECTED_E164, "bad")
        return _page(422)
    number = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return redirect(_address([prefix + number, *_open()]), 303)


@page.post("/simulator/messages")
@needs("operator")
def say() -> BaseResponse:
    """Receive what a phone sends: text, a tap, a file or a location, as a provider posts it."""
    given = request.form
    fields = {name: given[name] for name in _FIELDS if given.get(name, "").strip()}
    if fields.get("MediaUrl0"):
        fields["NumMedia"] = "1"
    form = {name: [value] for name, value in fields.items()}
    site = here()
    try:
        message = site.runtime.provider.inbound(Webhook(request.url, form, {}, {}))
    except WebhookRejected as error:
        flash(str(error), "bad")
        return _page(422)
    site.receiver.inbound(message, form)
    return redirect(_address(_open()), 303)


_FIELDS = (
    *("From", "Body", "ProfileName", "ButtonText", "ButtonPayload", "ListId", "ListTitle"),
    *("MediaUrl0", "MediaContentType0", "Latitude", "Longitude", "Label"),
)


@page.post("/simulator/contacts/<uuid:contact_id>/time")
@needs("operator")
def pass_time(contact_id: uuid.UUID) -> BaseResponse:
    """Skip ahead for one contact: timeouts fire, windows close, conversations expire."""
    back, again = _address(_open()), partial(_page, 409)
    return submit(table.PASS_TIME, back, again, contact_id, _seconds(), actor=person().email)


def _seconds() -> int:
    """The time to skip; 0 if the form has none."""
    try:
        minutes = float(request.form.get("minutes", ""))
    except ValueError:
        return 0
    return max(1, round(minutes * 60)) if 0 < minutes <= _LONGEST_MINUTES else 0


def _page(status: int) -> Response:
    opened = tuple(ask(load_phone, address) for address in _open())
    return show(
        "simulator/page.html",
        status=status,
        phones=opened,
        known=ask(recent_contacts),
        next_number=ask(_unused),
        query=urlencode({"phone": _open()}, doseq=True),
    )


def _open() -> list[str]:
    """The addresses of the open phones, each once."""
    named = [address.strip()[:80] for address in request.args.getlist("phone")]
    return [address for address in dict.fromkeys(named) if address][:MOST_OPEN]


def _address(addresses: list[str]) -> str:
    named = list(dict.fromkeys(addresses))[:MOST_OPEN]
    return f"{url_for('simulator.index')}?{urlencode({'phone': named}, doseq=True)}"


def _unused(connection: Connection) -> str:
    """An unused fictional number: 555-01XX is reserved for fiction."""
    for number in count(42):
        candidate = f"+1{415 + number // 100}55501{number % 100:02}"
        if not contacts.by_keys(connection, [candidate]):
            return candidate
    raise AssertionError
