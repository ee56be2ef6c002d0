"""A conversation's data: copied before a handler runs, and checked to be JSON afterwards.

With `Bot(data=...)` a Schema converts it to an instance of the author's class and back.
"""

from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from math import isfinite
from typing import Any, get_type_hints

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError, to_json

from pipeline.errors import BotDefinitionError, BotError
from pipeline.jsons import JsonObject
from pipeline.messages import storable

DEEPEST = 50
Migrate = Callable[[JsonObject], JsonObject]


class Schema:
    """The author's pydantic model or dataclass for the data, and how old data is converted."""

    def __init__(self, shape: type[Any], migrate: Migrate | None) -> None:
        if not (is_dataclass(shape) or issubclass(shape, BaseModel)):
            raise BotDefinitionError(
                f"data= must be a pydantic model or a dataclass, not {shape.__name__}"
            )
        self.shape = shape
        self._adapter: TypeAdapter[Any] = TypeAdapter(shape)
        self._migrate = migrate
        self._fields = get_type_hints(shape, include_extras=True)
        try:
            self._known = frozenset(self.dump(self._adapter.validate_python({})))
        except ValidationError as failure:
            raise BotDefinitionError(
                f"data={shape.__name__}: {_reasons(failure)}; a conversation starts without data, "
                "so give every field a default"
            ) from failure

    def load(self, stored: Mapping[str, Any]) -> Any:
        """An instance of the stored data. Raises BotError that names a field that does not fit."""
        raw = dict(stored)
        if self._migrate is not None and not self._fits(raw):
            raw = self._migrate(copy_json(raw))
        try:
            return self._adapter.validate_json(to_json(raw))
        except ValidationError as failure:
            fix = "correct migrate=, the" if self._migrate else "add migrate= to Bot(), a"
            raise BotError(
                f"the stored data does not fit {self.shape.__name__}: {_reasons(failure)}; "
                f"{fix} function that gets the stored dict and returns one that fits"
            ) from failure

    def _fits(self, raw: JsonObject) -> bool:
        try:
            loaded = self._adapter.validate_json(to_json(raw))
            return _survives(raw, self.dump(loaded))
        except (ValidationError, BotError):
            return False

    def unknown(self, stored: Mapping[str, Any]) -> JsonObject:
        """Values that newer code stored and that this class has no field for; they are kept."""
        if self._migrate is not None or self._known.issuperset(stored):
            return {}
        # Without those that extra="allow" accepts: a handler may have removed them.
        seen = self.dump(self._adapter.validate_json(to_json(dict(stored))))
        return {key: value for key, value in stored.items() if key not in seen}

    def dump(self, data: object) -> JsonObject:
        """The JSON of an instance. Raises BotError if a field holds a wrong value."""
        if not isinstance(data, self.shape):
            raise BotError(f"turn.data must stay a {self.shape.__name__}, not {_type_name(data)}")
        try:
            dumped = self._adapter.dump_python(data, mode="json", by_alias=True, warnings="error")
        except PydanticSerializationError as failure:
            raise BotError(f"turn.data does not fit {self.shape.__name__}: {failure}") from failure
        return check_json(dumped)

    def put(self, data: object, name: str, value: object) -> None:
        """Set a field to what a reader returned. Raises BotError if it does not fit."""
        present = self._adapter.dump_python(data, mode="json", warnings="none")
        changed = to_json({**present, name: value})
        try:
            # Validate all fields, because validators may compare them.
            fitting = self._adapter.validate_json(changed, by_alias=True, by_name=True)
        except ValidationError as failure:
            raise BotError(
                f"the answer does not fit {self.shape.__name__}: {_reasons(failure)}"
            ) from failure
        setattr(data, name, getattr(fitting, name))

    def has(self, name: str) -> bool:
        """Whether the class has a field of that name."""
        return name in self._fields


def _survives(before: Any, after: Any) -> bool:
    """Whether all keys of the stored data, also nested ones, are in the data dumped again."""
    if isinstance(before, dict) and isinstance(after, dict):
        return all(key in after and _survives(before[key], after[key]) for key in before)
    if isinstance(before, list) and isinstance(after, list):
        # A set is dumped in another order, and may be shorter.
        return len(before) != len(after) or all(map(_survives, before, after))
    return True


def _reasons(failure: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(map(str, error['loc'])) or 'it'}: {error['msg']}" for error in failure.errors()
    )


def copy_json(data: Mapping[str, Any]) -> JsonObject:
    """A deep copy of JSON `data`, so that a handler that raises has changed nothing."""
    return {key: _copy(value) for key, value in data.items()}


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copy(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_copy(inner) for inner in value]
    return value


def check_json(data: object, path: str = "turn.data") -> JsonObject:
    """`data` as the database will return it. Raises BotError if it is not JSON."""
    if not isinstance(data, dict):
        raise BotError(f"{path} must stay a dict, not {_type_name(data)}")
    return _dict(data, path, 0) if data else {}


def check_value(value: object, path: str) -> Any:
    """A value as the database will return it. Raises BotError if it is not JSON."""
    return _check(value, path, 0)


def _check(value: Any, path: str, depth: int) -> Any:
    if isinstance(value, str):
        return storable(value)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float) and isfinite(value):
        return value
    if depth >= DEEPEST:
        name = path.partition("[")[0]
        raise BotError(f"{name} is nested more than {DEEPEST} levels deep, or contains itself")
    if isinstance(value, dict):
        return _dict(value, path, depth)
    if isinstance(value, list | tuple):
        return [_check(inner, f"{path}[{i}]", depth + 1) for i, inner in enumerate(value)]
    raise BotError(f"{path} is {_describe(value)}, which is not JSON; store text or numbers")


def _dict(values: dict[Any, Any], path: str, depth: int) -> JsonObject:
    kept = {}
    for key, inner in values.items():
        if not isinstance(key, str):
            raise BotError(f"{path} has the key {key!r}; keys must be text")
        kept[storable(key)] = _check(inner, f"{path}[{key!r}]", depth + 1)
    return kept


def _describe(value: object) -> str:
    return str(value) if isinstance(value, float) else f"a {type(value).__name__}"


def _type_name(value: object) -> str:
    return type(value).__name__
