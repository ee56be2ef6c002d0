"""The page of one conversation: what it shows alongside the list."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from flask import Response, request

from pipeline.gates import why_not_to_write
from pipeline.records.accounts import canned_replies
from pipeline.records.core import conversations as records
from pipeline.records.core.messages import MessageRow
from web.api import cursors
from web.dashboard.conversation.transcript import Transcript, load_transcript, window_left
from web.dashboard.conversations.view import list_context
from web.dashboard.page import person
from web.dashboard.reader import ask
from web.dashboard.shell import show
from web.services import here

# Sent by live.js from a tab in the background.
HIDDEN = "Parley-Hidden"


@dataclass(frozen=True, slots=True)
class UnconfirmedState:
    """A state that the bot lacks, as the form asked for it; the page asks to confirm it."""

    state: str
    reason: str
    is_listed: bool


def show_one(
    conversation_id: uuid.UUID,
    *,
    status: int = 200,
    draft: str = "",
    media_url: str = "",
    asked: UnconfirmedState | None = None,
) -> Response:
    """Render the page, with what was typed into a refused form."""
    transcript, listed, now = _opened(conversation_id), list_context(), _now()
    state = transcript.conversation.state
    edited, text = _edited(transcript)
    return show(
        "conversation/page.html",
        status=status,
        **listed,
        transcript=transcript,
        window=window_left(transcript, now, here().runtime.provider.limits),
        refusal=_refusal(transcript, now),
        canned=ask(canned_replies.listing),
        here=sum(s.conversations for s in listed["states"] if s.state == state),
        edited=edited,
        draft=draft or text,
        media_url=media_url,
        asked=asked,
    )


def _refusal(transcript: Transcript, now: datetime) -> str:
    """Why a message would be refused now; "" if it would not."""
    limits, has_refused = here().runtime.provider.limits, transcript.is_window_refused
    who, conversation = transcript.contact, transcript.conversation
    return why_not_to_write(who, conversation, now, limits, has_refused=has_refused)


def _edited(transcript: Transcript) -> tuple[str, str]:
    """The failed message that is being edited, and its text; "" if none is."""
    wanted = request.args.get("edit", "")
    for line in transcript.lines:
        if isinstance(line.row, MessageRow) and str(line.row.public_id) == wanted:
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


def _now() -> datetime:
    database = here().runtime.database
    with database.read() as connection:
        return database.now(connection)
