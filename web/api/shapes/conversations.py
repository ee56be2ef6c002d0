"""Conversations, their changes of state, and the filters of their list in JSON."""

from typing import Any

from apiflask import Schema
from apiflask.fields import UUID, Boolean, DateTime, Dict, Integer, List, Nested, String
from apiflask.validators import Length, OneOf, Range
from marshmallow import ValidationError, post_load, validates_schema

from pipeline.enums import Holder, TimerKind
from pipeline.jsons import JsonObject
from pipeline.messages import storable
from pipeline.override import LONGEST_TAKEOVER_MINUTES
from pipeline.queries import filter as filters
from web.api.shapes.base import (
    LONGEST_SEARCH,
    Answer,
    ByMoment,
    Channel,
    Flag,
    TextOrNull,
    Whole,
    moment,
    page_of,
)
from web.services import here

_MOST_STATES = 50
_HOLDERS = tuple(holder.value for holder in Holder)


class Conversation(Answer):
    id = UUID()
    contact_id = UUID()
    phone = String(allow_none=True)
    name = String()
    channel = Channel()
    our_number = String()
    state = String()
    state_known = Boolean(metadata={"description": "False if the bot does not have the state."})
    data = Dict()
    holder = String(validate=OneOf(_HOLDERS))
    held_by = TextOrNull()
    held_until = DateTime(allow_none=True)
    unread = Boolean(
        attribute="is_unread",
        metadata={"description": "A message came in since an operator last looked."},
    )
    failed = Boolean(
        attribute="has_failed",
        metadata={"description": "A message or turn failed, and nothing was done about it yet."},
    )
    opted_out = Boolean(
        attribute="is_opted_out",
        metadata={"description": "The contact opted out: no messages are sent here."},
    )
    opened_at = DateTime()
    last_message_at = DateTime()
    last_inbound_at = DateTime(allow_none=True)
    closed_at = DateTime(allow_none=True)

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """Ask the bot whether it has the state; the rest is stored."""
        if attr == "state_known":
            return here().runtime.bot.definition.known(obj.state) is not None
        return super().get_attribute(obj, attr, default)


class Transition(Answer):
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


class Timer(Answer):
    id = Integer()
    kind = String(
        attribute="name",
        validate=OneOf([kind.value for kind in TimerKind]),
        metadata={"description": "release is the end of a take-over."},
    )
    to_state = String()
    to_state_known = Boolean(
        metadata={"description": "False if the bot does not have the state: the timer will fail."}
    )
    armed_at = DateTime()
    due_at = DateTime()

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """Ask the bot whether it has the state; the rest is stored."""
        if attr == "to_state_known":
            return here().runtime.bot.definition.known(obj.to_state) is not None
        return super().get_attribute(obj, attr, default)


class StateCount(Answer):
    state = String()
    known = Boolean()
    conversations = Integer()


ConversationPage = page_of(Conversation)
TransitionPage = page_of(Transition)
StatePage = page_of(StateCount)
TimerPage = page_of(Timer)


class ConversationFilter(Schema):
    """The filters of the list of conversations, as in the dashboard."""

    q = String(
        load_default="",
        validate=Length(max=LONGEST_SEARCH),
        metadata={"description": "Part of a number or name, or text of a message."},
    )
    state = List(
        String(),
        load_default=list,
        validate=Length(max=_MOST_STATES),
        metadata={"description": "Repeat for several. Finds open conversations only."},
    )
    channel = Channel(load_default="")
    holder = String(load_default="", validate=OneOf(("", *_HOLDERS)))
    held_by = String(load_default="", validate=Length(max=LONGEST_SEARCH))
    unread = Boolean(load_default=False)
    failed = Boolean(load_default=False)
    open = Boolean(
        metadata={"description": "True for open conversations only, false for ended ones only."}
    )
    since = moment("The last message came at this moment or later.")
    until = moment("The last message came before this moment.")

    @post_load
    def _as_criteria(self, data: JsonObject, **_: Any) -> JsonObject:
        """One member `criteria` instead of those of the filter."""
        given = {name: data.pop(name, None) for name in ConversationFilter().fields}
        criteria = filters.ConversationFilter(
            words=given["q"],
            states=tuple(map(storable, given["state"])),
            channel=storable(given["channel"]),
            holder=Holder(given["holder"]) if given["holder"] else None,
            held_by=storable(given["held_by"]),
            unread=given["unread"],
            failed=given["failed"],
            since=given["since"],
            until=given["until"],
            is_open=given["open"],
        )
        return {"criteria": criteria, **data}


class ConversationsQuery(ConversationFilter, ByMoment):
    pass


_NEW_STATE = {"format": "state", "description": "A state of GET /states, or any text with `force`."}


class Change(Schema):
    state = String(validate=Length(1, 200), metadata=_NEW_STATE)
    reason = String(load_default="", validate=Length(max=1000))
    force = Flag(load_default=False)
    holder = String(validate=OneOf(_HOLDERS))
    minutes = Whole(
        validate=Range(1, LONGEST_TAKEOVER_MINUTES),
        metadata={"description": "With the holder operator: hand back to the bot after this time."},
    )

    @validates_schema
    def _changes_something(self, data: JsonObject, **_: Any) -> None:
        if not data.keys() & {"state", "holder"}:
            raise ValidationError("Provide state, holder or both.")
        if "minutes" in data and data.get("holder") != "operator":
            raise ValidationError("Use minutes with the holder operator only.", "minutes")


class BulkFilter(ConversationFilter):
    unread = Flag(load_default=False)
    failed = Flag(load_default=False)
    open = Flag(metadata={"description": "Ended conversations have no state to change."})


class BulkChange(Schema):
    filter = Nested(
        BulkFilter,
        required=True,
        metadata={"description": "As for the list; {} matches every open conversation."},
    )
    state = String(required=True, validate=Length(1, 200), metadata=_NEW_STATE)
    reason = String(load_default="", validate=Length(max=1000))
    force = Flag(load_default=False)
    dry_run = Flag(load_default=False, metadata={"description": "Only count; change nothing."})
    expected = Whole(
        validate=Range(0, 2**31),
        metadata={"description": "The count of the dry run; refused if many more match now."},
    )

    @post_load
    def _as_criteria(self, data: JsonObject, **_: Any) -> JsonObject:
        return {**data.pop("filter"), **data}


class BulkChanged(Answer):
    found = Integer()
    changed = Integer()
    skipped = Integer(metadata={"description": "Already in the state, or no longer matching."})
