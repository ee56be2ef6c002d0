"""Canned replies: add, change and delete the texts that operators send often."""

import uuid

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from pipeline.errors import ChangeRefused, NotFound
from pipeline.ids import new_id
from pipeline.messages import storable
from pipeline.override.writing import LONGEST_BODY
from pipeline.records.accounts import audit, canned_replies
from pipeline.records.accounts.canned_replies import CannedReplyRow
from pipeline.runtime import Runtime

LONGEST_TITLE = 80
_TAKEN = "A canned reply with this title already exists. Choose another title."
_MISSING = "There is no such canned reply."


def add_canned_reply(runtime: Runtime, title: str, body: str, *, actor: str) -> CannedReplyRow:
    """Add a canned reply; its title must be unique."""
    title, body = _title(title), _body(body)
    reply_id = new_id()
    try:
        with runtime.database.write() as connection:
            now = runtime.database.now(connection)
            canned_replies.add(connection, CannedReplyRow(reply_id, title, body, actor, now))
            audit.append(connection, now, actor, "add_canned_reply", str(reply_id))
            return _existing(connection, reply_id)
    except IntegrityError as error:
        raise ChangeRefused(_TAKEN) from error


def change_canned_reply(
    runtime: Runtime,
    reply_id: uuid.UUID,
    *,
    actor: str,
    title: str | None = None,
    body: str | None = None,
) -> CannedReplyRow:
    """Change the title, the text or both."""
    wanted: dict[str, str] = {}
    if title is not None:
        wanted["title"] = _title(title)
    if body is not None:
        wanted["body"] = _body(body)
    try:
        with runtime.database.write() as connection:
            now = runtime.database.now(connection)
            if wanted and canned_replies.change(connection, reply_id, **wanted):
                fields = sorted(wanted)
                audit.append(
                    connection, now, actor, "change_canned_reply", str(reply_id), fields=fields
                )
            return _existing(connection, reply_id)
    except IntegrityError as error:
        raise ChangeRefused(_TAKEN) from error


def delete_canned_reply(runtime: Runtime, reply_id: uuid.UUID, *, actor: str) -> None:
    """Delete one; what was sent with it stays in the log."""
    with runtime.database.write() as connection:
        if not canned_replies.remove(connection, reply_id):
            raise NotFound(_MISSING)
        now = runtime.database.now(connection)
        audit.append(connection, now, actor, "delete_canned_reply", str(reply_id))


def _existing(connection: Connection, reply_id: uuid.UUID) -> CannedReplyRow:
    if row := canned_replies.by_id(connection, reply_id):
        return row
    raise NotFound(_MISSING)


def _title(title: str) -> str:
    title = " ".join(storable(title).split())
    if not title:
        raise ChangeRefused("A canned reply needs a title.")
    if len(title) > LONGEST_TITLE:
        raise ChangeRefused(f"A title can have up to {LONGEST_TITLE} characters.")
    return title


def _body(body: str) -> str:
    body = storable(body)
    if not body.strip():
        raise ChangeRefused("A canned reply needs some text.")
    if len(body) > LONGEST_BODY:
        raise ChangeRefused(f"A canned reply can have up to {LONGEST_BODY} characters.")
    return body
