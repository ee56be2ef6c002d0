"""JSON as the database takes it: quick, and without a limit on what Python's own json could say."""

import json
from typing import Any

import orjson

# What a JSON object holds is its author's business: data of a bot, content of a message.
JsonObject = dict[str, Any]


def to_json(value: Any) -> str:
    """JSON text; UUIDs and moments become strings, NaN and infinities null (RFC 8259 has none).

    Raises TypeError for what JSON cannot hold.
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
