"""A conversation's data: copied before a handler sees it, checked to be JSON when it is done.

With `Bot(data=...)` a Schema makes an instance of the author's class of it, and JSON of that.
"""

from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from math import isfinite
from typing import Any, get_type_hints

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError, to_json

from pipeline.errors import BotDefinitionError, BotError
from pipeline.messages import storable

DEEPEST = 50
Migrate = Callable[[dict[str, Any]], dict[str, Any]]


class Schema:
    """The author's pydantic model or dataclass for the data, and how old data is brought to it."""

    def __init__(self, shape: type[Any], migrate: Migrate | None) -> None:
        if not (is_dataclass(shape) or issubclass(shape, BaseModel)):
            raise BotDefinitionError(
                f"data= takes a pydantic model or a dataclass, not {shape.__name__}"
            )
        self.shape = shape
        self._adapter: TypeAdapter[Any] = TypeAdapter(shape)
        self._migrate = migrate
        self._fields = get_type_hints(shape, include_extras=True)
        try:
            self._known = frozenset(self.dump(self._adapter.validate_python({})))
        except ValidationError as failure:
            raise BotDefinitionError(
                f"data={shape.__name__}: {_reasons(failure)}; a conversation begins with no data, "
                "so give every field a default"
            ) from failure

    def load(self, stored: Mapping[str, Any]) -> Any:
        """An instance; raises BotError that names the field where the data does not fit."""
        raw = dict(stored)
        if self._migrate is not None and not self._fits(raw):
            raw = self._migrate(copy_json(raw))
        try:
            return self._adapter.validate_json(to_json(raw))
        except ValidationError as failure:
            does = "does not do it" if self._migrate else "to Bot() can bring it there"
            raise BotError(
                f"the stored data does not fit {self.shape.__name__}: {_reasons(failure)}; "
                f"migrate= {does}: a function that takes the stored dict and returns one that fits"
            ) from failure

    def _fits(self, raw: dict[str, Any]) -> bool:
        try:
            loaded = self._adapter.validate_json(to_json(raw))
            return _survives(raw, self.dump(loaded))
        except (ValidationError, BotError):
            return False

    def unknown(self, stored: Mapping[str, Any]) -> dict[str, Any]:
        """What newer code has stored that this one has no field for: it is carried along."""
        if self._migrate is not None or self._known.issuperset(stored):
            return {}
        # Not what extra="allow" takes: a handler saw that, and may have removed it.
        seen = self.dump(self._adapter.validate_json(to_json(dict(stored))))
        return {key: value for key, value in stored.items() if key not in seen}

    def dump(self, data: object) -> dict[str, Any]:
        """The JSON of an instance; raises BotError where a field holds what it must not."""
        if not isinstance(data, self.shape):
            raise BotError(f"turn.data must stay a {self.shape.__name__}, not {_type_name(data)}")
        try:
            dumped = self._adapter.dump_python(data, mode="json", by_alias=True, warnings="error")
        except PydanticSerializationError as failure:
            raise BotError(f"turn.data does not fit {self.shape.__name__}: {failure}") from failure
        return check_json(dumped)

    def put(self, data: object, name: str, value: object) -> None:
        """Set a field to what a reader read; raises BotError where it does not fit."""
        present = self._adapter.dump_python(data, mode="json", warnings="none")
        changed = to_json({**present, name: value})
        try:
            # All of it, for what its other fields allow may count as well.
            fitting = self._adapter.validate_json(changed, by_alias=True, by_name=True)
        except ValidationError as failure:
            raise BotError(
                f"the answer does not fit {self.shape.__name__}: {_reasons(failure)}"
            ) from failure
        setattr(data, name, getattr(fitting, name))

    def has(self, name: str) -> bool:
        """Whether there is a field of that name."""
        return name in self._fields


def _survives(before: Any, after: Any) -> bool:
    """Whether every key of the stored data, nested ones too, is there when it is dumped again."""
    if isinstance(before, dict) and isinstance(after, dict):
        return all(key in after and _survives(before[key], after[key]) for key in before)
    if isinstance(before, list) and isinstance(after, list):
        # A set comes back in another order and shorter.
        return len(before) != len(after) or all(map(_survives, before, after))
    return True


def _reasons(failure: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(map(str, error['loc'])) or 'it'}: {error['msg']}" for error in failure.errors()
    )


def copy_json(data: Mapping[str, Any]) -> dict[str, Any]:
    """A deep copy of JSON `data`, so that a handler that fails has changed nothing."""
    return {key: _copy(value) for key, value in data.items()}


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copy(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_copy(inner) for inner in value]
    return value


def check_json(data: object) -> dict[str, Any]:
    """`data` as the database will give it back; raises BotError where it is not JSON."""
    if not isinstance(data, dict):
        raise BotError(f"turn.data must stay a dict, not {_type_name(data)}")
    return _dict(data, "turn.data", 0) if data else {}


def check_value(value: object, path: str) -> Any:
    """Any JSON value as the database will give it back; raises BotError where it is not JSON."""
    return _check(value, path, 0)


def _check(value: Any, path: str, depth: int) -> Any:
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
        return [_check(inner, f"{path}[{i}]", depth + 1) for i, inner in enumerate(value)]
    raise BotError(f"{path} is {_describe(value)}, which JSON cannot hold; store text or numbers")


def _dict(values: dict[Any, Any], path: str, depth: int) -> dict[str, Any]:
    kept = {}
    for key, inner in values.items():
        if not isinstance(key, str):
            raise BotError(f"{path} has the key {key!r}; JSON keys are text")
        kept[storable(key)] = _check(inner, f"{path}[{key!r}]", depth + 1)
    return kept


def _describe(value: object) -> str:
    return str(value) if isinstance(value, float) else f"a {type(value).__name__}"


def _type_name(value: object) -> str:
    return type(value).__name__
