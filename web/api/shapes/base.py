"""The parts that shapes share: answers, pages of lists, and cursors."""

from datetime import UTC, datetime
from typing import Any

from apiflask import Schema
from apiflask.fields import AwareDateTime, Boolean, Dict, Integer, List, Nested, Raw, String
from apiflask.validators import Length, Range
from marshmallow import EXCLUDE
from marshmallow.fields import Field

from web.api.cursors import MomentCursor, MomentSerialCursor, SerialCursor

_LONGEST_CHANNEL = 32
LONGEST_SEARCH = 200


class Answer(Schema):
    """An answer: every member is always present, and members may be added."""

    class Meta:
        unknown = EXCLUDE

    def on_bind_field(self, field_name: str, field_obj: Field[Any]) -> None:
        """Say in the OpenAPI document that the member is always there."""
        super().on_bind_field(field_name, field_obj)
        field_obj.required = True


class Problem(Schema):
    """An error, as RFC 9457 has it."""

    type = String(required=True)
    title = String(required=True)
    status = Integer(required=True)
    detail = String()
    errors = Dict(keys=String(), values=Raw())

    class Meta:
        unknown = EXCLUDE


class TextOrNull(String):
    """A text in an answer; an empty one is null."""

    def __init__(self, **more: Any) -> None:
        super().__init__(allow_none=True, **more)

    def _serialize(self, value: Any, *where: Any, **more: Any) -> str | None:
        text: str | None = super()._serialize(value, *where, **more)
        return text or None


class Channel(String):
    """The name of a channel. In a filter and a body "" stands for any."""

    def __init__(self, **more: Any) -> None:
        about = {"description": "sms, whatsapp, rcs, messenger, or another of the provider's."}
        super().__init__(validate=Length(max=_LONGEST_CHANNEL), metadata=about, **more)


class Flag(Boolean):
    """True or false in a body; in an address, where all values are text, use Boolean."""

    def _deserialize(self, value: Any, *where: Any, **more: Any) -> Any:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, *where, **more)


class Whole(Integer):
    """A whole number in a body, 2.0 included, as JSON Schema has it."""

    def _deserialize(self, value: Any, *where: Any, **more: Any) -> Any:
        is_whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        if not is_whole or isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, *where, **more)


def page_of(item: type[Schema]) -> type[Schema]:
    """One page of a list; its items have a class of their own, because the OpenAPI writer names
    a shape twice when it meets it inside another first.
    """
    items = List(Nested(type(f"{item.__name__}Item", (item,), {})))
    following = String(allow_none=True, metadata={"description": "The cursor of the next page."})
    return type(f"{item.__name__}Page", (Answer,), {"items": items, "next": following})


class Limit(Schema):
    limit = Integer(load_default=50, validate=Range(1, 200))


class ByMoment(Limit):
    cursor = MomentCursor()


class BySerial(Limit):
    cursor = SerialCursor()


class BySerialMoment(Limit):
    cursor = MomentSerialCursor()


class _Moment(AwareDateTime):
    """A moment, clamped to what databases can store."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> datetime:
        given = super()._deserialize(value, attr, data, **more)
        return min(max(given, _EARLIEST), _LATEST)


_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime(9000, 1, 1, tzinfo=UTC)


def moment(description: str) -> AwareDateTime:
    """A moment in a filter; UTC without a time zone."""
    return _Moment(format="iso", default_timezone=UTC, metadata={"description": description})
