"""An operator's own messages: checked, then queued as rows.

Next, after a wake-up: pipeline/dispatch sends them and checks pipeline/gates once more.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, Row
from sqlalchemy.exc import IntegrityError

from pipeline import crash
from pipeline.crash import Point
from pipeline.errors import ChangeRefused
from pipeline.gates import why_not_to_write
from pipeline.ids import new_id
from pipeline.messages import storable
from pipeline.override import attachments, takeover
from pipeline.override.subject import contact_of, locked, start_of
from pipeline.records.accounts import audit
from pipeline.records.core import conversations, messages, outbox
from pipeline.runtime import Runtime

# https://www.twilio.com/docs/api/errors/21617
LONGEST_BODY = 1600
_TRIES = 5


class Queued(NamedTuple):
    """The `public_id` of the message that waits to be sent; `is_new` unless the key was known."""

    message_id: uuid.UUID
    is_new: bool


@dataclass(frozen=True, slots=True)
class Words:
    """What an operator says, and under which key it is said once only."""

    actor: str
    body: str
    media_urls: Sequence[str]
    key: str | None

    @property
    def media(self) -> list[dict[str, str]]:
        return [{"url": url} for url in self.media_urls]


def send_message(  # noqa: PLR0913 (what a composer can say about one message)
    runtime: Runtime,
    conversation_id: uuid.UUID,
    body: str,
    *,
    actor: str,
    idempotency_key: str = "",
    media_urls: Sequence[str] = (),
    takeover_minutes: int | Literal[False] | None = False,
) -> Queued:
    """Queue an operator's words in an open conversation; the same key twice is one message.

    With `takeover_minutes` writing takes the hold: for that time, or None until it is given back.
    """
    words = _words(actor, body, media_urls, (conversation_id, idempotency_key))
    if takeover_minutes is not False:
        takeover.refuse_impossible(takeover_minutes)
    with runtime.database.write() as connection:
        conversation = locked(connection, conversation_id)
        if known := _known(connection, words):
            return known
        if takeover_minutes is not False:
            now = runtime.database.now(connection)
            takeover.make_holder(connection, conversation, actor, takeover_minutes, now)
        return _queue(connection, runtime, conversation, words)


def write_to(  # noqa: PLR0913 (see send_message)
    runtime: Runtime,
    contact_id: uuid.UUID,
    body: str,
    *,
    actor: str,
    channel: str = "",
    idempotency_key: str = "",
    media_urls: Sequence[str] = (),
) -> Queued:
    """Queue words for a contact, in a new conversation if none is open on the channel.

    Without `channel` it is the one they last used.
    """
    words = _words(actor, body, media_urls, (contact_id, idempotency_key))
    for _ in range(_TRIES):
        try:
            with runtime.database.write() as connection:
                if known := _known(connection, words):
                    return known
                conversation = _open_or_new(connection, runtime, contact_id, channel)
                return _queue(connection, runtime, conversation, words)
        except IntegrityError:
            # Somebody opened the conversation, or used the key, a moment earlier: now it is there.
            continue
    raise ChangeRefused("This contact's conversations change right now; try again.")


def _words(actor: str, body: str, media_urls: Sequence[str], key: tuple[uuid.UUID, str]) -> Words:
    owner, idempotency_key = key
    # Two clients that count from 1 must not get each other's messages.
    own_key = f"{owner}:{storable(idempotency_key)}" if idempotency_key else None
    return Words(actor, fit(body, has_media=bool(media_urls)), tuple(media_urls), own_key)


def fit(body: str, *, has_media: bool) -> str:
    """The text as it is stored. Raises ChangeRefused for what no message can be."""
    body = storable(body)
    if not body.strip():
        if has_media:
            return ""
        raise ChangeRefused("A message needs some text.")
    if len(body) > LONGEST_BODY:
        raise ChangeRefused(
            f"The text has {len(body)} characters; a message takes at most {LONGEST_BODY}."
        )
    return body


def _known(connection: Connection, words: Words) -> Queued | None:
    earlier = messages.by_idempotency_key(connection, words.key) if words.key else None
    if earlier is None:
        return None
    if (earlier.body, earlier.media) != (words.body, words.media):
        raise ChangeRefused("This Idempotency-Key was used for another text; use a new one.")
    return Queued(earlier.public_id, is_new=False)


def _open_or_new(
    connection: Connection, runtime: Runtime, contact_id: uuid.UUID, channel: str
) -> Row[Any]:
    contact = contact_of(connection, contact_id)
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
        "our_number": previous.our_number if previous else _our_number(runtime),
        "state": start_of(runtime),
        "memory": runtime.bot.first_memory,
        "opened_at": now,
        "last_message_at": now,
        # WhatsApp's window counts from the contact's last message, whichever talk it was in.
        "last_inbound_at": previous.last_inbound_at if previous else None,
        # And what was read there is read.
        "read_at": previous.read_at if previous else None,
    }
    conversations.create(connection, [conversation])
    return locked(connection, conversation_id)


def _our_number(runtime: Runtime) -> str:
    return next(iter(runtime.provider.our_numbers), "")


def _queue(
    connection: Connection, runtime: Runtime, conversation: Row[Any], words: Words
) -> Queued:
    attachments.refuse_impossible(words.media_urls, conversation.channel, runtime.settings)
    now = runtime.database.now(connection)
    contact = contact_of(connection, conversation.contact_id)
    if refusal := why_not_to_write(contact, conversation, now):
        raise ChangeRefused(refusal)
    row = outbound(
        runtime,
        conversation,
        now,
        author=words.actor,
        kind=attachments.kind_of(words.media_urls),
        body=words.body,
        media=words.media,
        idempotency_key=words.key,
    )
    conversations.touch(connection, conversation.id, now)
    outbox.enqueue(connection, [row], [contact.key], now)
    sent = str(row["public_id"])
    audit.append(connection, now, words.actor, "send_message", str(conversation.id), message=sent)
    crash.point(Point.OVERRIDE_WRITING)
    return Queued(row["public_id"], is_new=True)


def outbound(
    runtime: Runtime, conversation: Row[Any], now: datetime, **values: Any
) -> dict[str, Any]:
    """The row of a message that an operator queues in a conversation."""
    return messages.outbound_row(
        contact_id=conversation.contact_id,
        conversation_id=conversation.id,
        channel=conversation.channel,
        our_number=conversation.our_number,
        provider=runtime.provider.name,
        created_at=now,
        expires_at=now + messages.KEEP_TRYING_TO_SEND,
        **values,
    )
