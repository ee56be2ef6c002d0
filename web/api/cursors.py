"""Cursors: where the next page of a list begins. Opaque to callers, checked when they come back."""

import base64
import binascii
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from apiflask.fields import String
from marshmallow import ValidationError
from sqlalchemy import Row

_LARGEST_SERIAL = 2**63 - 1


def page(
    rows: Sequence[Row[Any]],
    limit: int,
    *,
    shown: Callable[[Row[Any]], Mapping[str, Any]],
    place: Callable[[Row[Any]], Sequence[Any]],
) -> dict[str, Any]:
    """One page of rows, of which one more than `limit` was asked for."""
    items = rows[:limit]
    following = encode(place(items[-1])) if len(rows) > limit else None
    return {"items": [shown(row) for row in items], "next": following}


def encode(place: Sequence[Any]) -> str:
    """A cursor that stands after the row with these values."""
    text = json.dumps([str(value) for value in place], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decoded(cursor: str) -> list[str]:
    padded = cursor + "=" * (-len(cursor) % 4)
    values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ValueError("no list of words")
    return values


def moment_of(cursor: str) -> tuple[datetime, uuid.UUID] | None:
    """The moment and id in a cursor; None for one that we did not make, so a list begins anew."""
    try:
        place: Any = MomentCursor().deserialize(cursor) if cursor else None
    except ValidationError:
        return None
    return cast("tuple[datetime, uuid.UUID] | None", place)


def moment_serial_of(cursor: str) -> tuple[datetime, int] | None:
    """The moment and number in a cursor; None for one that we did not make."""
    try:
        place: Any = MomentSerialCursor().deserialize(cursor) if cursor else None
    except ValidationError:
        return None
    return cast("tuple[datetime, int] | None", place)


def serial_of(number: str) -> int | None:
    """The number of a row, as an address says it; None for what can be none."""
    try:
        serial = int(number)
    except ValueError:
        return None
    return serial if 0 <= serial <= _LARGEST_SERIAL else None


class _Cursor(String):
    """A cursor that we made; anything else is a 422."""

    format = "cursor"

    def __init__(self) -> None:
        super().__init__(
            metadata={"format": self.format, "description": "`next` of the page before."}
        )

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Any:
        text = super()._deserialize(value, attr, data, **more)
        try:
            return self._place(_decoded(str(text)))
        except (ValueError, TypeError, RecursionError, binascii.Error) as error:
            raise ValidationError("This cursor did not come from a list's `next`.") from error

    def _place(self, values: list[str]) -> Any:
        raise NotImplementedError


class MomentCursor(_Cursor):
    """After a moment and, within it, an id."""

    format = "moment-cursor"

    def _place(self, values: list[str]) -> tuple[datetime, uuid.UUID]:
        moment, row_id = values
        return _moment(moment), uuid.UUID(row_id)


class SerialCursor(_Cursor):
    """After the row with a number."""

    format = "serial-cursor"

    def _place(self, values: list[str]) -> int:
        (serial,) = values
        return _serial(serial)


class MomentSerialCursor(_Cursor):
    """After a moment and, within it, the row with a number."""

    format = "moment-serial-cursor"

    def _place(self, values: list[str]) -> tuple[datetime, int]:
        moment, serial = values
        return _moment(moment), _serial(serial)


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    # PostgreSQL refuses what its calendar lacks, and Python what it cannot turn into UTC.
    if at.tzinfo is None or not 1900 <= at.year <= 9000:
        raise ValueError("no moment of ours")
    return at


def _serial(text: str) -> int:
    number = int(text)
    if not 0 <= number <= _LARGEST_SERIAL:
        raise ValueError("out of range")
    return number
