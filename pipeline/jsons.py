"""JSON for the database: fast, and for everything that Python's own json can express."""

import json
from typing import Any

import orjson

# The contents are the author's: data of a bot, content of a message.
JsonObject = dict[str, Any]


def to_json(value: Any) -> str:
    """JSON text; UUIDs and datetimes become strings, NaN and infinities null (RFC 8259 has none).

    Raises TypeError for what JSON cannot express.
    """
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        # Integers beyond 64 bits and half surrogates are fine in a json column.
        return json.dumps(value)


def from_json(text: str | bytes) -> Any:
    """The value that JSON text stands for."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)
