"""Cursors: where the next page of a list begins. Opaque to callers, checked when they come back."""

import base64
import binascii
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

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


class _Cursor(String):
    """A cursor that we made; anything else is a 422."""

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

    def _place(self, values: list[str]) -> tuple[datetime, uuid.UUID]:
        moment, row_id = values
        at = datetime.fromisoformat(moment)
        if at.tzinfo is None:
            raise ValueError("a moment without a zone")
        return at, uuid.UUID(row_id)


class SerialCursor(_Cursor):
    """After the row with a number."""

    def _place(self, values: list[str]) -> int:
        (serial,) = values
        number = int(serial)
        if not 0 <= number <= _LARGEST_SERIAL:
            raise ValueError("out of range")
        return number
