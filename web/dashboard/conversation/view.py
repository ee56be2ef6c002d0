"""What an operator does to a conversation: every button of its page, then back to that page.

A refusal shows the page again with the reason and with what was typed. The verbs are in
pipeline/override.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from flask import Response, flash, redirect, render_template, request, url_for
from werkzeug import Response as BaseResponse

from pipeline import override
from pipeline.errors import ChangeRefused, NotFound, UnknownState
from pipeline.queries import conversations
from pipeline.segments import segments
from pipeline.wakeups import Pool
from web import exports
from web.dashboard.conversation.screen import show_one
from web.dashboard.page import Page, needs, person
from web.dashboard.reader import ask
from web.services import here

page = Page("conversation", under="conversations")

LONGEST_TAKEOVER_MINUTES = 7 * 24 * 60


@dataclass(frozen=True, slots=True)
class Asked:
    """A state that needs a second word, as it was asked for."""

    state: str
    reason: str
    is_listed: bool


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
        raise NotFound("There is no such conversation.")
    return exports.file(exports.messages(conversation_id), kind, actor=person().email)


@page.post("/conversations/<uuid:conversation_id>/state")
@needs("operator")
def change_state(conversation_id: uuid.UUID) -> BaseResponse:
    """Set the state; one that the bot lacks is asked for twice."""
    form = request.form
    other = form.get("other", "").strip()
    state, reason = other or form.get("state", ""), form.get("reason", "")
    try:
        override.change_state(
            here().runtime,
            conversation_id,
            state,
            actor=person().email,
            reason=reason[:1000],
            force=form.get("force") == "1",
        )
    except UnknownState as error:
        if not state:
            flash(str(error), "bad")
            return show_one(conversation_id, status=422)
        asked = Asked(state, reason, is_listed=not other)
        return show_one(conversation_id, status=422, asked=asked)
    except ChangeRefused as error:
        return _refused(conversation_id, error)
    here().notify("converse")
    flash(f"The state is {state} now.")
    return _back(conversation_id)


@page.post("/conversations/<uuid:conversation_id>/messages")
@needs("operator")
def send(conversation_id: uuid.UUID) -> BaseResponse:
    """Queue the operator's words; the key in the form makes a double click one message."""
    form, runtime, me = request.form, here().runtime, person().email
    media = form.get("media_url", "").strip()
    body = form.get("body", "").replace("\r\n", "\n")
    try:
        if failed := _uuid(form.get("instead_of", "")):
            override.retry(runtime, failed, actor=me, body=body)
        else:
            override.send_message(
                runtime,
                conversation_id,
                body,
                actor=me,
                idempotency_key=form.get("key", "")[:200],
                media_urls=(media,) if media else (),
                takeover_minutes=_minutes("hold") or False,
            )
    except ChangeRefused as error:
        return _refused(conversation_id, error, draft=body, media_url=media)
    here().notify("dispatch")
    return _back(conversation_id)


@page.post("/conversations/<uuid:conversation_id>/messages/<uuid:message_id>/retry")
@needs("operator")
def retry(conversation_id: uuid.UUID, message_id: uuid.UUID) -> BaseResponse:
    """Queue a failed message once more."""
    return _do(
        conversation_id,
        lambda: override.retry(here().runtime, message_id, actor=person().email),
        said="It is queued once more.",
        notify="dispatch",
    )


@page.post("/conversations/<uuid:conversation_id>/hold")
@needs("operator")
def hold(conversation_id: uuid.UUID) -> BaseResponse:
    """Silence the bot, for a time or until it is given back."""
    minutes = _minutes("minutes")
    return _do(
        conversation_id,
        lambda: override.take_over(
            here().runtime, conversation_id, actor=person().email, minutes=minutes
        ),
        said="You hold this conversation: the bot is silent.",
    )


@page.post("/conversations/<uuid:conversation_id>/give-back")
@needs("operator")
def give_back(conversation_id: uuid.UUID) -> BaseResponse:
    """Let the bot answer again."""
    return _do(
        conversation_id,
        lambda: override.release(here().runtime, conversation_id, actor=person().email),
        said="The bot answers again.",
        notify="converse",
    )


@page.post("/conversations/<uuid:conversation_id>/reset")
@needs("operator")
def reset(conversation_id: uuid.UUID) -> BaseResponse:
    """Start state, no data, no timers."""
    return _do(
        conversation_id,
        lambda: override.reset(here().runtime, conversation_id, actor=person().email),
        said="The conversation starts over.",
        notify="converse",
    )


@page.post("/conversations/<uuid:conversation_id>/end")
@needs("operator")
def end(conversation_id: uuid.UUID) -> BaseResponse:
    """End the conversation; the contact's next message opens a new one."""
    return _do(
        conversation_id,
        lambda: override.end(here().runtime, conversation_id, actor=person().email),
        said="The conversation has ended; the contact's next message opens a new one.",
    )


@page.post("/segments")
@needs("operator")
def count() -> str:
    """How many segments the text in the composer comes to."""
    text = request.form.get("body", "").replace("\r\n", "\n")
    return render_template("layout/segments.html", segments=segments(text) if text else None)


def _do(
    conversation_id: uuid.UUID,
    change: Callable[[], object],
    *,
    said: str,
    notify: Pool | None = None,
) -> BaseResponse:
    try:
        change()
    except ChangeRefused as error:
        return _refused(conversation_id, error)
    if notify:
        here().notify(notify)
    flash(said)
    return _back(conversation_id)


def _minutes(field: str) -> int | None:
    minutes = request.form.get(field, type=int)
    return min(minutes, LONGEST_TAKEOVER_MINUTES) if minutes and minutes > 0 else None


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _refused(conversation_id: uuid.UUID, error: ChangeRefused, **typed: object) -> Response:
    if isinstance(error, NotFound):
        raise error
    flash(str(error), "bad")
    return show_one(conversation_id, status=409, **typed)


def _back(conversation_id: uuid.UUID) -> BaseResponse:
    """To the conversation, with the filters of the list beside it."""
    address = url_for("conversation.index", conversation_id=conversation_id)
    query = request.query_string.decode("ascii", "replace")
    return redirect(f"{address}?{query}" if query else address, 303)
