"""Contacts in JSON."""

from typing import Any

from apiflask import Schema
from apiflask.fields import UUID, Boolean, DateTime, Dict, Integer, List, Nested, String
from apiflask.validators import Length
from marshmallow import ValidationError, validates_schema

from pipeline.conversation.consent import EVERYWHERE
from pipeline.jsons import JsonObject
from web.api.shapes.base import LONGEST_SEARCH, Answer, ByMoment, Channel, Flag, page_of


class OptOut(Answer):
    channel = String(allow_none=True, metadata={"description": "Null: every channel."})
    number = String(
        allow_none=True,
        metadata={"description": "Our number that they opted out of; null: all numbers."},
    )
    at = String()


class Contact(Answer):
    id = UUID()
    address = String(attribute="key", metadata={"description": "E.164, or the provider's user ID."})
    phone = String(allow_none=True)
    name = String()
    attributes = Dict()
    created_at = DateTime()
    last_seen_at = DateTime(allow_none=True)
    blocked = Boolean(attribute="is_blocked")
    opted_out = Boolean()
    opt_outs = List(Nested(OptOut))

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """Read opt-outs from where they are stored, by channel and number."""
        if attr == "opted_out":
            return bool(obj.opt_outs)
        if attr == "opt_outs":
            return [_opt_out(scope, at) for scope, at in obj.opt_outs.items()]
        return super().get_attribute(obj, attr, default)


class Address(Answer):
    address = String(metadata={"description": "As the provider writes it, without the channel."})
    channel = Channel()
    first_seen_at = DateTime()
    last_seen_at = DateTime()


class KnownContact(Contact):
    addresses = List(
        Nested(Address), metadata={"description": "The one that they wrote from last comes first."}
    )


def _opt_out(scope: str, at: str) -> dict[str, str | None]:
    if scope == EVERYWHERE:
        return {"channel": None, "number": None, "at": at}
    channel, _, number = scope.partition(" ")
    return {"channel": channel, "number": number, "at": at}


ContactPage = page_of(Contact)


class ContactFilter(Schema):
    q = String(
        load_default="",
        validate=Length(max=LONGEST_SEARCH),
        metadata={"description": "Part of a number or name."},
    )


class ContactsQuery(ContactFilter, ByMoment):
    pass


class NewContact(Schema):
    phone = String(
        required=True,
        validate=Length(max=50),
        metadata={"format": "phone", "description": "E.164, e.g. +14155550132."},
    )
    force = Flag(
        load_default=False,
        metadata={"description": "Add a number even if its country's numbering plan lacks it."},
    )


class MergeRequest(Schema):
    other = UUID(
        required=True, metadata={"description": "The contact to merge; its id is gone afterwards."}
    )
    dry_run = Flag(load_default=False, metadata={"description": "Only count; change nothing."})


class MergeConflict(Answer):
    channel = Channel(attribute="stays.channel")
    our_number = String(attribute="stays.our_number")
    stays = UUID(attribute="stays.id")
    ends = UUID(attribute="ends.id")


class Merged(Answer):
    dry_run = Boolean()
    contact = Nested(KnownContact)
    conversations = Integer()
    messages = Integer()
    addresses = List(Nested(type("MovedAddress", (Address,), {})))
    conflicts = List(
        Nested(MergeConflict),
        metadata={"description": "Open conversations of both on one number: one of each pair ends"},
    )
    opt_outs = List(String())
    blocked = Boolean()


class SplitRequest(Schema):
    address = String(
        required=True,
        validate=Length(1, 200),
        metadata={"description": "One of the contact's addresses."},
    )


class SplitResult(Answer):
    contact = Nested(type("SplitContact", (KnownContact,), {}))
    conversations = Integer()
    messages = Integer()


class ContactChange(Schema):
    name = String(validate=Length(max=255))
    attributes = Dict(
        keys=String(),
        values=String(allow_none=True),
        metadata={"description": "Others stay unchanged; null or an empty text removes one."},
    )
    blocked = Flag(metadata={"description": "No messages are sent to a blocked contact."})
    opted_out = Flag(
        metadata={
            "description": "True as after a STOP, false as after a START. For one of your numbers "
            "with `channel` and `number`, for all of them without."
        }
    )
    channel = Channel()
    number = String(validate=Length(1, 160), metadata={"description": "One of your numbers."})

    @validates_schema
    def _changes_something(self, data: JsonObject, **_: Any) -> None:
        if not data.keys() - {"channel", "number"}:
            raise ValidationError("Provide name, attributes, blocked or opted_out.")
        if ("channel" in data) != ("number" in data):
            raise ValidationError("Provide both channel and number, or neither for all numbers.")
        if "channel" in data and "opted_out" not in data:
            raise ValidationError("channel and number go with opted_out.")
