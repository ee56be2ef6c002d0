"""JSON to and from the database: whatever Python's own json takes comes back."""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.jsons import from_json, to_json

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


@given(values)
def test_what_json_takes_comes_back(value: Any) -> None:
    assert from_json(to_json(value)) == json.loads(json.dumps(value))


@pytest.mark.parametrize("value", [2**70, {"half": "\ud800"}, {"nul": "\x00"}, [], {}])
def test_the_odd_ones_come_back(value: Any) -> None:
    assert from_json(to_json(value)) == value


def test_ids_and_moments_become_text() -> None:
    some_id, moment = uuid.UUID(int=7), datetime(2026, 3, 1, tzinfo=UTC)
    assert from_json(to_json([some_id, moment])) == [str(some_id), moment.isoformat()]


def test_what_json_cannot_hold_is_refused() -> None:
    with pytest.raises(TypeError):
        to_json({"function": print})
