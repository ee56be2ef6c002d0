"""One conversation: its page, and what an operator can do there.

A refusal shows the page again with the reason and with what was typed.
"""

import uuid
from functools import partial

from flask import Response, flash, render_template, request, url_for
from werkzeug import Response as BaseResponse

from pipeline.errors import NotFound, UnknownState
from pipeline.override import LONGEST_TAKEOVER_MINUTES
from pipeline.queries import conversations
from pipeline.segments import segments
from web import exports
from web.actions import table
from web.dashboard.conversation.screen import UnconfirmedState, show_one
from web.dashboard.forms import add_forms, submit, text_of
from web.dashboard.page import Page, needs, person
from web.dashboard.reader import ask

page = Page("conversation", under="conversations")


@page.get("/conversations/<uuid:conversation_id>")
@needs("viewer")
def index(conversation_id: uuid.UUID) -> Response:
    """The list with one conversation open; an operator who sees it has read it."""
    return show_one(conversation_id)


@page.get("/conversations/<uuid:conversation_id>/messages.<kind>")
@needs("viewer")
def export(conversation_id: uuid.UUID, kind: str) -> Response:
    """The messages of a conversation, as a file."""
    if ask(conversations.one, conversation_id) is None:
        raise NotFound("Conversation not found.")
    return exports.file(exports.messages(conversation_id), kind, actor=person().email)


@page.post("/conversations/<uuid:conversation_id>/state")
@needs(table.CHANGE_STATE.role)
def change_state(conversation_id: uuid.UUID) -> BaseResponse:
    """Set the state; one that the bot lacks must be confirmed."""
    other = text_of("other").strip()
    state, reason = other or text_of("state"), text_of("reason")
    try:
        return submit(
            table.CHANGE_STATE,
            _address(conversation_id),
            partial(show_one, conversation_id, status=409),
            conversation_id,
            state=state,
            actor=person().email,
            reason=reason[:1000],
            force=text_of("force") == "1",
        )
    except UnknownState as error:
        if not state:
            flash(str(error), "bad")
            return show_one(conversation_id, status=422)
        unconfirmed = UnconfirmedState(state, reason, is_listed=not other)
        return show_one(conversation_id, status=422, asked=unconfirmed)


@page.post("/conversations/<uuid:conversation_id>/messages")
@needs(table.SEND.role)
def send(conversation_id: uuid.UUID) -> BaseResponse:
    """Queue a message, or a failed one with another text; sent twice with one key it is one."""
    body, media_url = text_of("body"), text_of("media_url").strip()
    again = partial(show_one, conversation_id, status=409, draft=body, media_url=media_url)
    back, me = _address(conversation_id), person().email
    if failed := _uuid(text_of("instead_of")):
        return submit(table.RETRY, back, again, failed, actor=me, body=body)
    return submit(
        table.SEND,
        back,
        again,
        conversation_id,
        body,
        actor=me,
        idempotency_key=text_of("key", 200),
        media_urls=(media_url,) if media_url else (),
        takeover_minutes=_takeover_minutes() or False,
    )


@page.post("/conversations/<uuid:conversation_id>/messages/<uuid:message_id>/retry")
@needs(table.RETRY.role)
def retry(conversation_id: uuid.UUID, message_id: uuid.UUID) -> BaseResponse:
    """Queue a failed message again."""
    again = partial(show_one, conversation_id, status=409)
    back = _address(conversation_id)
    return submit(table.RETRY, back, again, message_id, actor=person().email)


@page.post("/segments")
@needs("operator")
def count() -> str:
    """How many segments the text in the composer has."""
    text = text_of("body")
    return render_template("layout/segments.html", segments=segments(text) if text else None)


def _takeover_minutes() -> int | None:
    minutes = request.form.get("takeover_minutes", type=int)
    return min(minutes, LONGEST_TAKEOVER_MINUTES) if minutes and minutes > 0 else None


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _address(conversation_id: uuid.UUID) -> str:
    """The conversation's page, with the filters of the list alongside."""
    address = url_for("conversation.index", conversation_id=conversation_id)
    query = request.query_string.decode("ascii", "replace")
    return f"{address}?{query}" if query else address


def _back(conversation_id: uuid.UUID, **_: object) -> str:
    """The way back from a form of a turn, a timer or the conversation itself."""
    return _address(conversation_id)


def _again(conversation_id: uuid.UUID, **_: object) -> Response:
    """The page once more, with what the form was refused for."""
    return show_one(conversation_id, status=409)


_PATH = "/conversations/<uuid:conversation_id>"
add_forms(page, "turn", f"{_PATH}/turns/<int:entry_id>", back=_back, again=_again)
add_forms(page, "timer", f"{_PATH}/timers/<int:timer_id>", back=_back, again=_again)
add_forms(page, "conversation", _PATH, back=_back, again=_again)
