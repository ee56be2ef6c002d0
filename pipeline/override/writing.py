"""An operator's own messages: checked, then queued as rows.

Next, after a wake-up: pipeline/dispatch sends them and checks pipeline/gates once more.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from pipeline import crash
from pipeline.conversation import rules
from pipeline.conversation.pending import Pending, QueuedOutbound
from pipeline.conversation.values import Contact, Conversation
from pipeline.crash import Point
from pipeline.errors import ChangeRefused
from pipeline.gates import why_not_to_write
from pipeline.messages import storable
from pipeline.override import attachments
from pipeline.override.conversations import audit_take_over, refuse_impossible
from pipeline.override.subject import contact_of, locked, save, start_of
from pipeline.providers.addresses import usual_channels
from pipeline.providers.base import UNLIMITED
from pipeline.queries.resending import is_window_refused
from pipeline.records import saving
from pipeline.records.accounts import audit
from pipeline.records.core import conversations, messages
from pipeline.runtime import Runtime

# Whatever the provider: the API and the pages accept no more.
LONGEST_BODY = 1600
_TOO_LONG = "The text has {length} characters; the maximum is {longest}."
_TRIES = 5


class Queued(NamedTuple):
    """The `public_id` of the message that waits to be sent; `is_new` unless the key was known."""

    message_id: uuid.UUID
    is_new: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that an operator writes; the same `key` twice is one message."""

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
    """Queue an operator's message in an open conversation; the same key twice is one message.

    `takeover_minutes` takes the conversation over too, for that time or (None) until a release.
    """
    draft = _draft(actor, body, media_urls, (conversation_id, idempotency_key))
    if takeover_minutes is not False:
        refuse_impossible(takeover_minutes)
    with runtime.database.write() as connection:
        conversation = locked(connection, conversation_id)
        if known := _known(connection, draft):
            return known
        if takeover_minutes is not False:
            now = runtime.database.now(connection)
            audit_take_over(connection, conversation, actor, takeover_minutes, now)
            save(connection, [conversation], now)
        return _queue(connection, runtime, conversation, draft)


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
    """Queue a message for a contact, in a new conversation if none is open on the channel.

    Without `channel` it is the one they last used.
    """
    draft = _draft(actor, body, media_urls, (contact_id, idempotency_key))
    for _ in range(_TRIES):
        try:
            with runtime.database.write() as connection:
                if known := _known(connection, draft):
                    return known
                conversation = _open_or_new(connection, runtime, contact_id, channel)
                return _queue(connection, runtime, conversation, draft)
        except IntegrityError:
            # Another request just opened the conversation or used the key: the retry finds it.
            continue
    raise ChangeRefused("This contact's conversations are changing right now. Try again.")


def _draft(actor: str, body: str, media_urls: Sequence[str], key: tuple[uuid.UUID, str]) -> Draft:
    owner, idempotency_key = key
    # Two clients that count from 1 must not get each other's messages.
    own_key = f"{owner}:{storable(idempotency_key)}" if idempotency_key else None
    return Draft(actor, fit(body, has_media=bool(media_urls)), tuple(media_urls), own_key)


def fit(body: str, *, has_media: bool) -> str:
    """The text as it is stored. Raises ChangeRefused if it is empty or too long."""
    body = storable(body)
    if not body.strip():
        if has_media:
            return ""
        raise ChangeRefused("A message needs some text.")
    if len(body) > LONGEST_BODY:
        raise ChangeRefused(_TOO_LONG.format(length=len(body), longest=LONGEST_BODY))
    return body


def _known(connection: Connection, draft: Draft) -> Queued | None:
    earlier = messages.by_idempotency_key(connection, draft.key) if draft.key else None
    if earlier is None:
        return None
    if (earlier.body, earlier.media) != (draft.body, draft.media):
        raise ChangeRefused("This Idempotency-Key was used for a different message. Use a new one.")
    return Queued(earlier.public_id, is_new=False)


def _open_or_new(
    connection: Connection, runtime: Runtime, contact_id: uuid.UUID, channel: str
) -> Conversation:
    contact = contact_of(connection, contact_id)
    latest = conversations.latest_of(connection, contact_id, channel)
    if latest and conversations.lock(connection, [latest.id]):
        latest = conversations.load(connection, latest.id)
    if latest and not latest.closed_at:
        return latest
    usual = usual_channels(contact.key, contact.phone)
    if latest is None and channel and channel not in usual:
        raise ChangeRefused(
            f"This contact can't be messaged on {channel}. Choose {' or '.join(usual)}."
        )
    channel = channel or (latest.channel if latest else usual[0])
    return _open(connection, runtime, contact_id, channel, latest)


def _open(
    connection: Connection,
    runtime: Runtime,
    contact_id: uuid.UUID,
    channel: str,
    previous: Conversation | None,
) -> Conversation:
    start_of(runtime)
    now = runtime.database.now(connection)
    number = previous.our_number if previous else _our_number(runtime)
    # WhatsApp's window counts from the contact's last message in any conversation.
    heard_at = previous.last_inbound_at if previous else None
    opened = rules.open_conversation(runtime.bot, contact_id, (channel, number), now, heard_at)
    # Messages that an operator read there stay read.
    opened.read_at = previous.read_at if previous else None
    opened.address = previous.address if previous else None
    opened.changes.is_any = True
    save(connection, [opened], now)
    return opened


def _our_number(runtime: Runtime) -> str:
    return next(iter(runtime.provider.our_numbers), "")


def _queue(
    connection: Connection, runtime: Runtime, conversation: Conversation, draft: Draft
) -> Queued:
    attachments.refuse_impossible(draft.media_urls, conversation.channel, runtime)
    longest = runtime.provider.limits.get(conversation.channel, UNLIMITED).longest_body
    if len(draft.body) > longest:
        raise ChangeRefused(_TOO_LONG.format(length=len(draft.body), longest=longest))
    now = runtime.database.now(connection)
    contact = contact_of(connection, conversation.contact_id)
    provider = runtime.provider
    has_refused = is_window_refused(connection, conversation, provider)
    if refusal := why_not_to_write(
        contact, conversation, now, provider.limits, has_refused=has_refused
    ):
        raise ChangeRefused(refusal)
    message = outbound(
        runtime,
        conversation,
        now,
        author=draft.actor,
        kind=attachments.kind_of(draft.media_urls),
        body=draft.body,
        media=draft.media,
        idempotency_key=draft.key,
    )
    queue(connection, contact, conversation, message)
    sent = str(message.public_id)
    audit.append(connection, now, draft.actor, "send_message", str(conversation.id), message=sent)
    crash.point(Point.OVERRIDE_WRITING)
    return Queued(message.public_id, is_new=True)


def outbound(
    runtime: Runtime, conversation: Conversation, now: datetime, **values: Any
) -> QueuedOutbound:
    """A message that an operator writes in a conversation."""
    return QueuedOutbound(
        contact_id=conversation.contact_id,
        conversation_id=conversation.id,
        channel=conversation.channel,
        our_number=conversation.our_number,
        address=conversation.address,
        provider=runtime.provider.name,
        created_at=now,
        **values,
    )


def queue(
    connection: Connection, contact: Contact, conversation: Conversation, message: QueuedOutbound
) -> None:
    """Log a message and queue it; a turn in flight is not discarded."""
    conversations.touch(connection, conversation.id, message.created_at)
    saving.save_log(connection, [Pending(contact.key, log=[message])], message.created_at)
