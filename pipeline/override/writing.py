"""An operator's own messages: checked, then queued as rows.

Next, after a ring: pipeline/dispatch sends them and checks pipeline/gates once more.
"""

import uuid
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row
from sqlalchemy.exc import IntegrityError

from pipeline.errors import ChangeRefused, NotFound
from pipeline.gates import WINDOW_CLOSED, is_window_open
from pipeline.ids import new_id
from pipeline.messages import storable
from pipeline.override.subject import locked
from pipeline.providers import simulator
from pipeline.records import audit, contacts, conversations, messages, outbox
from pipeline.runtime import Runtime
from pipeline.settings import Settings

# https://www.twilio.com/docs/api/errors/21617
LONGEST_BODY = 1600


class Queued(NamedTuple):
    """The `public_id` of the message that waits to be sent; `is_new` unless the key was known."""

    message_id: uuid.UUID
    is_new: bool


def send_message(
    runtime: Runtime,
    conversation_id: uuid.UUID,
    body: str,
    *,
    actor: str,
    idempotency_key: str = "",
) -> Queued:
    """Queue an operator's words in an open conversation; the same key twice is one message."""
    body = _fit(body)
    with runtime.database.write() as connection:
        conversation = locked(connection, conversation_id)
        key = _key(conversation_id, idempotency_key)
        if known := _known(connection, key, body):
            return known
        return _queue(connection, runtime, conversation, body, (actor, key))


def write_to(
    runtime: Runtime,
    contact_id: uuid.UUID,
    body: str,
    *,
    actor: str,
    channel: str = "",
    idempotency_key: str = "",
) -> Queued:
    """Queue words for a contact, in a new conversation if none is open on the channel.

    Without `channel` it is the one they last used.
    """
    body = _fit(body)
    key = _key(contact_id, idempotency_key)

    def write() -> Queued:
        with runtime.database.write() as connection:
            if known := _known(connection, key, body):
                return known
            conversation = _open_or_new(connection, runtime, contact_id, channel)
            return _queue(connection, runtime, conversation, body, (actor, key))

    try:
        return write()
    except IntegrityError:
        # Somebody opened the conversation, or used the key, a moment earlier: now it is there.
        return write()


def _fit(body: str) -> str:
    body = storable(body)
    if not body.strip():
        raise ChangeRefused("A message needs some text.")
    if len(body) > LONGEST_BODY:
        raise ChangeRefused(
            f"The text has {len(body)} characters; a message takes at most {LONGEST_BODY}."
        )
    return body


def _key(owner: uuid.UUID, idempotency_key: str) -> str | None:
    # Two clients that count from 1 must not get each other's messages.
    return f"{owner}:{storable(idempotency_key)}" if idempotency_key else None


def _known(connection: Connection, key: str | None, body: str) -> Queued | None:
    earlier = messages.by_idempotency_key(connection, key) if key else None
    if earlier is None:
        return None
    if earlier.body != body:
        raise ChangeRefused("This Idempotency-Key was used for another text; use a new one.")
    return Queued(earlier.public_id, is_new=False)


def _open_or_new(
    connection: Connection, runtime: Runtime, contact_id: uuid.UUID, channel: str
) -> Row[Any]:
    contact = contacts.by_id(connection, contact_id)
    if contact is None:
        raise NotFound("There is no such contact.")
    has_no_number = contact.key.startswith("whatsapp:")
    latest = conversations.latest_of(connection, contact_id, channel)
    if latest and conversations.lock(connection, [latest.id]):
        latest = conversations.by_id(connection, latest.id)
    if latest and not latest.closed_at:
        return latest
    default = "whatsapp" if has_no_number else "sms"
    channel = channel or (latest.channel if latest else default)
    if channel == "sms" and has_no_number:
        raise ChangeRefused("This contact has no phone number; choose the whatsapp channel.")
    return _open(connection, runtime, contact_id, channel, latest)


def _open(
    connection: Connection,
    runtime: Runtime,
    contact_id: uuid.UUID,
    channel: str,
    previous: Row[Any] | None,
) -> Row[Any]:
    now = runtime.database.now(connection)
    conversation_id = new_id()
    conversation = {
        "id": conversation_id,
        "contact_id": contact_id,
        "channel": channel,
        "our_number": previous.our_number if previous else _our_number(runtime.settings),
        "state": runtime.bot.start,
        "opened_at": now,
        "last_message_at": now,
        # WhatsApp's window counts from the contact's last message, whichever talk it was in.
        "last_inbound_at": previous.last_inbound_at if previous else None,
    }
    conversations.create(connection, [conversation])
    return locked(connection, conversation_id)


def _our_number(settings: Settings) -> str:
    if settings.provider == "simulator":
        return simulator.OUR_NUMBER
    return settings.twilio_phone_number.strip().removeprefix("whatsapp:")


def _queue(
    connection: Connection,
    runtime: Runtime,
    conversation: Row[Any],
    body: str,
    by: tuple[str, str | None],
) -> Queued:
    actor, key = by
    now = runtime.database.now(connection)
    contact = contacts.by_id(connection, conversation.contact_id)
    if contact is None:
        raise NotFound("There is no such contact.")
    _refuse_unwanted(contact, conversation, now)
    row = messages.outbound_row(
        contact_id=contact.id,
        conversation_id=conversation.id,
        channel=conversation.channel,
        our_number=conversation.our_number,
        provider=runtime.provider.name,
        author=actor,
        body=body,
        idempotency_key=key,
        created_at=now,
        expires_at=now + messages.KEEP_TRYING_TO_SEND,
    )
    conversations.touch(connection, conversation.id, now)
    outbox.enqueue(connection, [row], [contact.key], now)
    sent = str(row["public_id"])
    audit.append(connection, now, actor, "send_message", str(conversation.id), message=sent)
    return Queued(row["public_id"], is_new=True)


def _refuse_unwanted(contact: Row[Any], conversation: Row[Any], now: datetime) -> None:
    """Say at once what pipeline/gates would say later."""
    if contact.is_blocked:
        raise ChangeRefused("The contact is blocked.")
    if contacts.scope(conversation.channel, conversation.our_number) in contact.opt_outs:
        raise ChangeRefused("The contact has asked not to be messaged (STOP).")
    if conversation.channel == "whatsapp" and not is_window_open(conversation.last_inbound_at, now):
        raise ChangeRefused(WINDOW_CLOSED)
