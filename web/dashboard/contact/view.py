"""One contact: attributes, message history across conversations, and a message box."""

import uuid
from functools import partial
from itertools import zip_longest

from flask import Response, request, url_for
from werkzeug import Response as BaseResponse
from werkzeug.datastructures import MultiDict

from pipeline.messages import storable
from pipeline.override import Queued
from pipeline.queries import transcript
from pipeline.records.accounts import canned_replies
from pipeline.segments import segments
from web.actions import table
from web.api import cursors
from web.dashboard.contact.history import History, history
from web.dashboard.contact.merging import merging
from web.dashboard.conversations.filters import Filters
from web.dashboard.forms import add_forms, submit, text_of
from web.dashboard.page import Page, needs, person
from web.dashboard.reader import ask
from web.dashboard.shell import show
from web.services import here

page = Page("contact", under="contacts")


@page.get("/contacts/<uuid:contact_id>")
@needs("viewer")
def index(contact_id: uuid.UUID) -> Response:
    """One contact."""
    return _page(contact_id)


@page.post("/contacts/<uuid:contact_id>")
@needs("operator")
def change(contact_id: uuid.UUID) -> BaseResponse:
    """Set the name and attributes; an attribute with an empty value is removed.

    Unchanged fields are left alone: the bot may have set them in the meantime.
    """
    name = text_of("name")
    return submit(
        table.CHANGE_CONTACT,
        _address(contact_id),
        partial(_page, contact_id, status=409),
        contact_id,
        actor=person().email,
        name=None if name == text_of("old_name") else name,
        attributes=_changed(request.form),
    )


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


@page.post("/contacts/<uuid:contact_id>/messages")
@needs(table.WRITE_TO.role)
def write(contact_id: uuid.UUID) -> BaseResponse:
    """Write first; sent twice with one key it is one message."""
    body, media_url = text_of("body"), text_of("media_url").strip()
    channel = storable(text_of("channel"))
    again = {"draft": body, "channel": channel, "media_url": media_url}
    return submit(
        table.WRITE_TO,
        _conversation_of,
        partial(_page, contact_id, status=409, **again),
        contact_id,
        body,
        actor=person().email,
        # Without one it is the channel they last used.
        channel=channel,
        idempotency_key=text_of("key", 200),
        media_urls=(media_url,) if media_url else (),
    )


def _conversation_of(queued: Queued) -> str:
    message = ask(transcript.one, queued.message_id)
    return url_for("conversation.index", conversation_id=message.conversation_id)


def _address(contact_id: uuid.UUID) -> str:
    return url_for("contact.index", contact_id=contact_id)


def _page(
    contact_id: uuid.UUID,
    *,
    status: int = 200,
    draft: str = "",
    channel: str = "",
    media_url: str = "",
) -> Response:
    before = cursors.serial_of(request.args.get("before", ""))
    our_number = next(iter(here().runtime.provider.our_numbers), "")
    known: History = ask(history, contact_id, before, our_number)
    return show(
        "contact/page.html",
        status=status,
        known=known,
        merging=merging(contact_id, storable(request.args.get("merge", ""))[:200]),
        filters=Filters(),
        canned=ask(canned_replies.listing),
        channel=channel or known.channels[0],
        draft=draft,
        media_url=media_url,
        segments=segments(draft) if draft else None,
    )


add_forms(
    page,
    "contact",
    "/contacts/<uuid:contact_id>",
    back=_address,
    again=partial(_page, status=409),
)
