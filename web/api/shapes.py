"""The shapes of the API: what each noun looks like in JSON, and what may be asked."""

from typing import Any

from apiflask import Schema
from apiflask.fields import (
    URL,
    UUID,
    Boolean,
    DateTime,
    Dict,
    Integer,
    List,
    Nested,
    Raw,
    String,
)
from apiflask.validators import Length, OneOf, Range
from marshmallow import EXCLUDE, ValidationError, validates_schema

from pipeline.override import LONGEST_BODY
from web.api.cursors import MomentCursor, SerialCursor

CHANNELS = ("sms", "whatsapp")


class Shown(Schema):
    """What we answer; members may be added to it."""

    class Meta:
        unknown = EXCLUDE


class Problem(Shown):
    """An error, as RFC 9457 has it."""

    type = String()
    title = String()
    status = Integer()
    detail = String()
    errors = Dict(keys=String(), values=Raw())


class OptOut(Shown):
    channel = String()
    number = String(metadata={"description": "Our number that they said STOP to."})
    at = String()


class Contact(Shown):
    id = UUID()
    address = String(metadata={"description": "E.164, or the provider's user id."})
    phone = String(allow_none=True)
    name = String()
    attributes = Dict()
    created_at = DateTime()
    last_seen_at = DateTime(allow_none=True)
    blocked = Boolean()
    opted_out = Boolean()
    opt_outs = List(Nested(OptOut))


class Conversation(Shown):
    id = UUID()
    contact_id = UUID()
    phone = String(allow_none=True)
    name = String()
    channel = String(validate=OneOf(CHANNELS))
    our_number = String()
    state = String()
    state_known = Boolean(metadata={"description": "False when the bot's code lacks the state."})
    data = Dict()
    holder = String(validate=OneOf(["bot", "operator"]))
    held_by = String(allow_none=True)
    held_until = DateTime(allow_none=True)
    opened_at = DateTime()
    last_message_at = DateTime()
    last_inbound_at = DateTime(allow_none=True)
    closed_at = DateTime(allow_none=True)


class Media(Shown):
    url = URL()
    content_type = String()
    name = String()


class Message(Shown):
    id = UUID()
    contact_id = UUID()
    conversation_id = UUID(allow_none=True)
    direction = String(validate=OneOf(["inbound", "outbound"]))
    channel = String(validate=OneOf(CHANNELS))
    kind = String()
    body = String()
    media = List(Nested(Media))
    author = String(metadata={"description": "contact, bot, token:NAME or an e-mail address."})
    status = String()
    status_times = Dict(keys=String(), values=String())
    provider_id = String(allow_none=True)
    error_code = String(allow_none=True)
    error = String(allow_none=True)
    segments = Integer(allow_none=True)
    created_at = DateTime()


class Transition(Shown):
    from_state = String()
    to_state = String()
    cause = String(validate=OneOf(["bot", "operator", "timer", "import"]))
    via = String()
    actor = String()
    bot_version = String()
    reason = String()
    data_before = Dict()
    data_after = Dict()
    created_at = DateTime()


class StateCount(Shown):
    state = String()
    known = Boolean()
    conversations = Integer()


def _page(item: type[Schema]) -> type[Schema]:
    """One page of a list; its items have a class of their own, because the OpenAPI writer names
    a shape twice when it meets it inside another first.
    """
    items = List(Nested(type(f"{item.__name__}Item", (item,), {})))
    following = String(allow_none=True, metadata={"description": "The cursor of the next page."})
    return type(f"{item.__name__}Page", (Shown,), {"items": items, "next": following})


ContactPage = _page(Contact)
ConversationPage = _page(Conversation)
MessagePage = _page(Message)
StatePage = _page(StateCount)
TransitionPage = _page(Transition)


class Limit(Schema):
    limit = Integer(load_default=50, validate=Range(1, 200))


class ByMoment(Limit):
    cursor = MomentCursor()


class BySerial(Limit):
    cursor = SerialCursor()


class ContactsQuery(ByMoment):
    q = String(load_default="", metadata={"description": "Part of a number or name."})


class ConversationsQuery(ContactsQuery):
    state = List(
        String(),
        load_default=list,
        validate=Length(max=50),
        metadata={"description": "Repeat for several. Only open conversations are in a state."},
    )
    channel = String(load_default="", validate=OneOf(("", *CHANNELS)))
    holder = String(load_default="", validate=OneOf(("", "bot", "operator")))


def _said(text: str) -> None:
    if not text.strip():
        raise ValidationError("A message needs some text.")


class NewContact(Schema):
    phone = String(required=True, metadata={"description": "E.164, as in +14155550132."})


class NewMessage(Schema):
    body = String(required=True, validate=[Length(max=LONGEST_BODY), _said])


class FirstMessage(NewMessage):
    channel = String(load_default="", validate=OneOf(("", *CHANNELS)))


class MessageHeaders(Schema):
    idempotency_key = String(load_default="", data_key="Idempotency-Key", validate=Length(max=200))


class Change(Schema):
    state = String(validate=Length(1, 200))
    reason = String(load_default="", validate=Length(max=1000))
    force = Boolean(load_default=False)
    holder = String(validate=OneOf(["bot", "operator"]))

    @validates_schema
    def _changes_something(self, data: dict[str, Any], **_: Any) -> None:
        if not data.keys() & {"state", "holder"}:
            raise ValidationError("Say what to change: state, holder or both.")
