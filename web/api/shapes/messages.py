"""Messages in JSON."""

from typing import Any

from apiflask import Schema
from apiflask.fields import URL, UUID, DateTime, Dict, Integer, List, Nested, String
from apiflask.validators import Length, OneOf, Range
from marshmallow import ValidationError, validates_schema

from pipeline.enums import ARRIVED
from pipeline.jsons import JsonObject
from pipeline.override import LONGEST_BODY, LONGEST_TAKEOVER_MINUTES, MOST_MEDIA
from web.api.shapes.base import Answer, Channel, TextOrNull, Whole, page_of


class Media(Answer):
    url = URL()
    content_type = String(dump_default="")
    name = String(dump_default="")


class Choice(Answer):
    number = Integer()
    id = String()
    title = String()


class Message(Answer):
    id = UUID(attribute="public_id")
    contact_id = UUID()
    conversation_id = UUID(allow_none=True)
    direction = String(validate=OneOf(["inbound", "outbound"]))
    channel = Channel()
    address = String(
        allow_none=True,
        metadata={"description": "The contact's address; null is the one of the contact."},
    )
    kind = String()
    body = String()
    media = List(Nested(Media))
    choices = List(
        Nested(Choice),
        metadata={"description": "The choices that a reply of the bot offers, by tap or number."},
    )
    content = Dict(
        metadata={
            "description": "What it carries besides text and files: button_id, location, place, "
            "reply_to and quoted, reaction, form, referral, forwarded, type, extra; in ours "
            "choices, link and content_sid."
        }
    )
    author = String(
        metadata={"description": "contact, bot, token:NAME or an operator's e-mail address."}
    )
    status = String()
    status_times = Dict(keys=String(), values=String())
    provider_id = String(allow_none=True)
    error_code = TextOrNull()
    error = TextOrNull()
    segments = Integer(allow_none=True)
    created_at = DateTime()

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """Read the choices from the content; what has arrived has no error."""
        if attr == "choices":
            return obj.content.get("choices", ())
        if attr in {"error", "error_code"} and obj.status in ARRIVED:
            return ""
        return super().get_attribute(obj, attr, default)


MessagePage = page_of(Message)


class NewMessage(Schema):
    body = String(load_default="", validate=Length(max=LONGEST_BODY))
    media_urls = List(
        String(),
        load_default=list,
        validate=Length(max=MOST_MEDIA),
        metadata={"description": "URLs of files that the provider fetches; one for WhatsApp."},
    )

    @validates_schema
    def _has_content(self, data: JsonObject, **_: Any) -> None:
        if not data["body"].strip() and not data["media_urls"]:
            raise ValidationError("Provide a body or media_urls.", "body")


class Reply(NewMessage):
    hold_minutes = Whole(
        validate=Range(1, LONGEST_TAKEOVER_MINUTES),
        allow_none=True,
        metadata={
            "description": "Also take over the conversation: for so long, or (null) until it is "
            "handed back."
        },
    )


class FirstMessage(NewMessage):
    channel = Channel(load_default="")


class Retry(Schema):
    body = String(
        validate=Length(1, LONGEST_BODY),
        metadata={"description": "A different text; without it the message is sent unchanged."},
    )


class MessageHeaders(Schema):
    idempotency_key = String(load_default="", data_key="Idempotency-Key", validate=Length(max=200))


class SegmentsQuery(Schema):
    text = String(required=True, validate=Length(max=10_000))


class Segments(Answer):
    encoding = String(validate=OneOf(["GSM-7", "UCS-2"]))
    units = Integer(metadata={"description": "Septets in GSM-7, 16-bit units in UCS-2."})
    segments = Integer(attribute="count")
    left = Integer(metadata={"description": "The units left in the last segment."})
    special = String(metadata={"description": "The characters that require UCS-2, each once."})
