"""Contact: all that is known of one contact, everything that was said, and a first word to them."""

import uuid
from itertools import zip_longest

from flask import Response, flash, redirect, request, url_for
from sqlalchemy import Connection
from werkzeug import Response as BaseResponse
from werkzeug.datastructures import MultiDict

from pipeline import override
from pipeline.errors import ChangeRefused, NotFound
from pipeline.queries import transcript
from pipeline.records.accounts import canned_replies
from pipeline.segments import segments
from web.api import cursors
from web.dashboard.contact.history import History, history
from web.dashboard.conversations.filters import Filters
from web.dashboard.page import Page, needs, person
from web.dashboard.reader import ask
from web.dashboard.shell import show
from web.services import here

page = Page("contact", under="contacts")

CHANNELS = ("sms", "whatsapp")


@page.get("/contacts/<uuid:contact_id>")
@needs("viewer")
def index(contact_id: uuid.UUID) -> Response:
    """One contact."""
    return _page(contact_id)


@page.post("/contacts/<uuid:contact_id>")
@needs("operator")
def change(contact_id: uuid.UUID) -> BaseResponse:
    """Set the name and the attributes; an attribute with an empty value goes.

    What reads as the page showed it is left alone: meanwhile the bot may have set it anew.
    """
    name = request.form.get("name", "")
    try:
        override.change_contact(
            here().runtime,
            contact_id,
            actor=person().email,
            name=None if name == request.form.get("old_name") else name,
            attributes=_changed(request.form),
        )
    except ChangeRefused as error:
        return _refused(contact_id, error)
    flash("Saved.")
    return _back(contact_id)


def _changed(form: MultiDict[str, str]) -> dict[str, str]:
    """The attributes that a form sets; "" for those to take away."""
    fields = (form.getlist(name) for name in ("was", "old", "key", "value"))
    rows = [
        (was, key, value)
        for was, old, key, value in zip_longest(*fields, fillvalue="")
        if (was, _line(old)) != (key, value)
    ]
    # Two may have changed names with each other: all the old ones go before the new ones come.
    gone = {was: "" for was, key, _ in rows if was and was != key}
    return gone | {key: value for _, key, value in rows if key.strip()}


def _line(text: str) -> str:
    """What a field of one line makes of a text, as browsers do."""
    return text.replace("\r", "").replace("\n", "")


@page.post("/contacts/<uuid:contact_id>/block")
@needs("operator")
def block(contact_id: uuid.UUID) -> BaseResponse:
    """Send them nothing more."""
    override.block(here().runtime, contact_id, actor=person().email)
    flash("Blocked: nothing is sent to this contact.")
    return _back(contact_id)


@page.post("/contacts/<uuid:contact_id>/unblock")
@needs("operator")
def unblock(contact_id: uuid.UUID) -> BaseResponse:
    """Let messages go out to them again."""
    override.unblock(here().runtime, contact_id, actor=person().email)
    flash("No longer blocked.")
    return _back(contact_id)


@page.post("/contacts/<uuid:contact_id>/messages")
@needs("operator")
def write(contact_id: uuid.UUID) -> BaseResponse:
    """Write first; the key in the form makes a double click one message."""
    form = request.form
    body = form.get("body", "").replace("\r\n", "\n")
    channel, media = form.get("channel", ""), form.get("media_url", "").strip()
    try:
        queued = override.write_to(
            here().runtime,
            contact_id,
            body,
            actor=person().email,
            # Without one it is the one they last used.
            channel=channel if channel in CHANNELS else "",
            idempotency_key=form.get("key", "")[:200],
            media_urls=(media,) if media else (),
        )
    except ChangeRefused as error:
        return _refused(contact_id, error, draft=body, channel=channel, media_url=media)
    here().notify("dispatch")
    with here().runtime.database.read() as connection:
        message = transcript.one(connection, queued.message_id)
    page = "conversation.index"
    return redirect(url_for(page, conversation_id=message.conversation_id), 303)


def _page(
    contact_id: uuid.UUID,
    *,
    status: int = 200,
    draft: str = "",
    channel: str = "",
    media_url: str = "",
) -> Response:
    known: History = ask(history, contact_id, cursors.serial_of(request.args.get("before", "")))
    return show(
        "contact/page.html",
        status=status,
        known=known,
        filters=Filters(),
        canned=ask(_canned),
        channel=channel or known.channels[0],
        draft=draft,
        media_url=media_url,
        segments=segments(draft) if draft else None,
    )


def _canned(connection: Connection) -> tuple[object, ...]:
    return tuple(canned_replies.listing(connection))


def _refused(contact_id: uuid.UUID, error: ChangeRefused, **typed: str) -> Response:
    if isinstance(error, NotFound):
        raise error
    flash(str(error), "bad")
    return _page(contact_id, status=409, **typed)


def _back(contact_id: uuid.UUID) -> BaseResponse:
    return redirect(url_for("contact.index", contact_id=contact_id), 303)
