"""Cursors: the start of the next page of a list. Opaque to clients, checked when they come back."""

import base64
import binascii
import json
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from apiflask.fields import String
from marshmallow import ValidationError

_LARGEST_SERIAL = 2**63 - 1


# A moment and, within it, a row.
Moment = tuple[datetime, uuid.UUID]
MomentAndSerial = tuple[datetime, int]


def encode(place: Sequence[object]) -> str:
    """Make the cursor of the rows after the one with these values."""
    text = json.dumps([str(value) for value in place], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decoded(cursor: str) -> list[str]:
    padded = cursor + "=" * (-len(cursor) % 4)
    values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ValueError("not a list of strings")
    return values


def moment_of(cursor: str) -> Moment | None:
    """The moment and id in a cursor; None for an invalid one, which starts the list again."""
    try:
        place: Any = MomentCursor().deserialize(cursor) if cursor else None
    except ValidationError:
        return None
    return cast("Moment | None", place)


def moment_serial_of(cursor: str) -> MomentAndSerial | None:
    """The moment and number in a cursor; None for an invalid one."""
    try:
        place: Any = MomentSerialCursor().deserialize(cursor) if cursor else None
    except ValidationError:
        return None
    return cast("MomentAndSerial | None", place)


def serial_of(number: str) -> int | None:
    """The row number in an address; None for an invalid one."""
    try:
        serial = int(number)
    except ValueError:
        return None
    return serial if 0 <= serial <= _LARGEST_SERIAL else None


class _Cursor(String):
    """A cursor of a list's `next`; anything else is a 422."""

    format = "cursor"

    def __init__(self) -> None:
        super().__init__(
            metadata={"format": self.format, "description": "`next` of the previous page."}
        )

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Any:
        text = super()._deserialize(value, attr, data, **more)
        try:
            return self._place(_decoded(str(text)))
        except (ValueError, TypeError, RecursionError, binascii.Error) as error:
            raise ValidationError("Invalid cursor; use the `next` of a list.") from error

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
        raise ValueError("out of range")
    return at


def _serial(text: str) -> int:
    number = int(text)
    if not 0 <= number <= _LARGEST_SERIAL:
        raise ValueError("out of range")
    return number
