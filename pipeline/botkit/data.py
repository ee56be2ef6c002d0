"""A conversation's data: copied before a handler sees it, checked to be JSON when it is done."""

from collections.abc import Mapping
from math import isfinite
from typing import Any

from pipeline.errors import BotError
from pipeline.messages import storable

DEEPEST = 50


def copied(data: Mapping[str, Any]) -> dict[str, Any]:
    """A deep copy of JSON `data`, so that a handler that fails has changed nothing."""
    return {key: _copied(value) for key, value in data.items()}


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copied(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_copied(inner) for inner in value]
    return value


def checked(data: object) -> dict[str, Any]:
    """`data` as the database will give it back; raises BotError where it is not JSON."""
    if not isinstance(data, dict):
        raise BotError(f"turn.data must stay a dict, not {type(data).__name__}")
    return _dict(data, "turn.data", 0) if data else {}


def _checked(value: Any, path: str, depth: int) -> Any:
    if isinstance(value, str):
        return storable(value)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float) and isfinite(value):
        return value
    if depth >= DEEPEST:
        raise BotError(f"turn.data is nested more than {DEEPEST} deep, or holds itself")
    if isinstance(value, dict):
        return _dict(value, path, depth)
    if isinstance(value, list | tuple):
        return [_checked(inner, f"{path}[{i}]", depth + 1) for i, inner in enumerate(value)]
    raise BotError(f"{path} is {_named(value)}, which JSON cannot hold; store text or numbers")


def _dict(values: dict[Any, Any], path: str, depth: int) -> dict[str, Any]:
    kept = {}
    for key, inner in values.items():
        if not isinstance(key, str):
            raise BotError(f"{path} has the key {key!r}; JSON keys are text")
        kept[storable(key)] = _checked(inner, f"{path}[{key!r}]", depth + 1)
    return kept


def _named(value: object) -> str:
    return str(value) if isinstance(value, float) else f"a {type(value).__name__}"
