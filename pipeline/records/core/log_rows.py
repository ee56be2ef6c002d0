"""The rows of the log: what messages in and out look like when they are recorded."""

from dataclasses import asdict
from typing import Any

from pipeline.conversation.pending import LoggedInbound, QueuedOutbound
from pipeline.enums import Direction, MessageKind, Status
from pipeline.ids import new_id
from pipeline.jsons import JsonObject
from pipeline.messages import Inbound, given
from pipeline.records.core.messages import KEEP_TRYING_TO_SEND


def inbound_row(item: LoggedInbound) -> JsonObject:
    """The row of a contact's message."""
    message = item.message
    return _EMPTY | {
        "public_id": new_id(),
        "contact_id": item.contact_id,
        "conversation_id": item.conversation_id,
        "turn_id": item.turn_id,
        "ordinal": 0,
        "direction": Direction.INBOUND,
        "channel": message.channel,
        "our_number": message.recipient,
        "kind": message.kind,
        "body": message.text,
        "content": content_of(message),
        "media": [asdict(file) for file in message.media],
        "author": "contact",
        "status": Status.RECEIVED,
        "provider": message.provider,
        "provider_id": message.provider_id,
        "created_at": item.created_at,
        "settled_at": item.created_at,
        "address": message.address,
    }


def content_of(message: Inbound) -> JsonObject:
    """What a contact's message carries besides text and files, without what is empty."""
    content: JsonObject = {
        name: found for name in _CONTENT if (found := getattr(message, name)) not in ("", None, {})
    }
    if message.location:
        content["location"] = asdict(message.location)
    if message.referral:
        content["referral"] = given(message.referral)
    if message.is_forwarded:
        content["forwarded"] = "often" if message.is_forwarded_often else "once"
    return content


_CONTENT = (
    *(
        "button_id",
        "place",
        "type",
        "reply_to",
        "reply_to_sender",
        "quoted",
        "reaction",
        "removed_reaction",
    ),
    *("form", "form_text", "extra"),
)


def outbound_row(**values: Any) -> JsonObject:
    """The row of an outbound message that waits to be sent."""
    return _EMPTY | {
        "public_id": new_id(),
        "direction": Direction.OUTBOUND,
        "status": Status.QUEUED,
        **values,
    }


def queued_row(item: QueuedOutbound) -> JsonObject:
    """The row of an outbound message that is not stored yet."""
    return outbound_row(
        public_id=item.public_id,
        contact_id=item.contact_id,
        conversation_id=item.conversation_id,
        turn_id=item.turn_id,
        ordinal=item.ordinal,
        channel=item.channel,
        our_number=item.our_number,
        kind=item.kind,
        body=item.body,
        content=item.content,
        media=item.media,
        author=item.author,
        provider=item.provider,
        idempotency_key=item.idempotency_key,
        created_at=item.created_at,
        expires_at=item.created_at + KEEP_TRYING_TO_SEND,
        address=item.address,
    )


# Rows of one INSERT must name the same columns.
_EMPTY: JsonObject = {
    "conversation_id": None,
    "turn_id": None,
    "ordinal": None,
    "kind": MessageKind.TEXT,
    "content": {},
    "media": [],
    "provider_id": None,
    "idempotency_key": None,
    "expires_at": None,
    "settled_at": None,
    "failed_at": None,
    "address": None,
}
