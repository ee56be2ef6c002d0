"""The page of one conversation: what it shows alongside the list."""

import uuid
from datetime import datetime
from typing import Any

from flask import Response, request
from sqlalchemy import Connection, Row

from pipeline.gates import why_not_to_write
from pipeline.records.accounts import canned_replies
from pipeline.records.core import conversations as records
from web.api import cursors
from web.dashboard.conversation.transcript import Transcript, load_transcript, window_left
from web.dashboard.conversations.view import list_context
from web.dashboard.page import person
from web.dashboard.reader import ask
from web.dashboard.shell import show
from web.services import here

# Sent by live.js from a tab in the background.
HIDDEN = "Parley-Hidden"


def show_one(conversation_id: uuid.UUID, *, status: int = 200, **more: object) -> Response:
    """Render the page; `more` is what was typed into a refused form."""
    transcript = _opened(conversation_id)
    context = list_context()
    now = _now()
    state = transcript.conversation.state
    edited, draft = _edited(transcript)
    context |= {
        "transcript": transcript,
        "window": window_left(transcript.conversation, now),
        "refusal": why_not_to_write(transcript.contact, transcript.conversation, now),
        "canned": ask(_canned),
        "here": next((s.conversations for s in context["states"] if s.state == state), 0),
        "edited": edited,
        "draft": draft,
    }
    return show("conversation/page.html", status=status, **context | more)


def _edited(transcript: Transcript) -> tuple[str, str]:
    """The failed message that is being edited, and its text; "" if none is."""
    wanted = request.args.get("edit", "")
    for line in transcript.lines:
        if line.row is not None and line.sort == "message" and str(line.row.public_id) == wanted:
            return wanted, line.row.body
    return "", ""


def _opened(conversation_id: uuid.UUID) -> Transcript:
    """Load a conversation, and mark it as read if an operator sees it in a visible tab."""
    before = cursors.serial_of(request.args.get("before", ""))
    found = ask(load_transcript, conversation_id, before)
    is_seen = HIDDEN not in request.headers and person().may("operator")
    if found.conversation.is_unread and is_seen:
        database = here().runtime.database
        with database.write() as connection:
            records.mark_read(connection, conversation_id, database.now(connection))
        found = ask(load_transcript, conversation_id, before)
    return found


def _canned(connection: Connection) -> tuple[Row[Any], ...]:
    return tuple(canned_replies.listing(connection))


def _now() -> datetime:
    database = here().runtime.database
    with database.read() as connection:
        return database.now(connection)
