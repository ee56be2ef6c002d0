"""Failed messages: sent again, with the same or another text, or dismissed.

The failed one stays in the log; what is sent is a new message.
"""

import uuid

from sqlalchemy import Connection

from pipeline.conversation.consent import CONSENT
from pipeline.enums import Direction
from pipeline.errors import ChangeRefused, NotFound
from pipeline.jsons import JsonObject
from pipeline.override import attachments
from pipeline.override.subject import contact_of, locked_even_if_ended
from pipeline.override.writing import Queued, fit, outbound, queue
from pipeline.queries import resending
from pipeline.records.accounts import audit
from pipeline.records.core import leases, messages, outbox, resends
from pipeline.records.core.messages import MessageRow
from pipeline.runtime import Runtime


def retry(
    runtime: Runtime, message_id: uuid.UUID, *, actor: str, body: str | None = None
) -> Queued:
    """Queue a message that failed once more, or with another text; doing so twice is one message.

    Raises NotFound, or ChangeRefused where a retry would fail again.
    """
    with runtime.database.write() as connection:
        now = runtime.database.now(connection)
        failed, conversation_id = _existing(connection, message_id)
        conversation = locked_even_if_ended(connection, conversation_id)
        contact = contact_of(connection, conversation.contact_id)
        leases.lock(connection, Direction.OUTBOUND, [contact.key])
        outbox.lock(connection, [failed.id])
        failed, _ = _existing(connection, message_id)
        values = _values(failed, body) | {"author": actor}
        if earlier := messages.by_idempotency_key(connection, values["idempotency_key"]):
            if earlier.body != values["body"]:
                raise ChangeRefused("It was sent again already, with another text.")
            return Queued(earlier.public_id, is_new=False)
        is_changed = values["body"] != failed.body
        (again,) = resending.assess(connection, [failed], runtime.provider, now)
        if reason := again.edited if is_changed else again.unchanged:
            raise ChangeRefused(reason)
        message = outbound(runtime, conversation, now, **values)
        queue(connection, contact, conversation, message)
        messages.clear_failure(connection, failed.id)
        details = {"message": str(message.public_id), "is_changed": is_changed}
        audit.append(connection, now, actor, "retry", str(message_id), **details)
        return Queued(message.public_id, is_new=True)


def dismiss(runtime: Runtime, message_id: uuid.UUID, *, actor: str) -> None:
    """Take a failed message off the list of failures; it stays failed."""
    with runtime.database.write() as connection:
        failed, _ = _existing(connection, message_id)
        if messages.clear_failure(connection, failed.id):
            now = runtime.database.now(connection)
            audit.append(connection, now, actor, "dismiss", str(message_id))


def _existing(connection: Connection, message_id: uuid.UUID) -> tuple[MessageRow, uuid.UUID]:
    message = messages.by_public_id(connection, message_id)
    if message is None:
        raise NotFound("There is no such message.")
    if message.direction != Direction.OUTBOUND or message.conversation_id is None:
        raise ChangeRefused("Only outbound messages can be sent again.")
    return message, message.conversation_id


def _values(failed: MessageRow, body: str | None) -> JsonObject:
    """What is sent: the same, or with another text, to which the old choices do not belong."""
    # The copy is an operator's message: it must not pass the gates as the answer to a STOP does.
    content = {name: value for name, value in failed.content.items() if name != CONSENT}
    same = {
        "kind": failed.kind,
        "body": failed.body,
        "content": content,
        "media": failed.media,
        "idempotency_key": resends.key(failed.public_id),
    }
    if body is None:
        return same
    body = fit(body, has_media=bool(failed.media))
    if body == failed.body:
        return same
    kind = attachments.kind_of([item["url"] for item in failed.media])
    return same | {"kind": kind, "body": body, "content": {}}
