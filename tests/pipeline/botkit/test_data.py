"""Data is JSON, and comes back as the database will give it."""

import json

from hypothesis import given
from hypothesis import strategies as st

from pipeline.botkit.data import check_json, copy_json

words = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=8)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=12,
)
data = st.dictionaries(words, values, max_size=5)


@given(data)
def test_json_data_comes_back_equal(before: dict[str, object]) -> None:
    assert check_json(before) == before == json.loads(json.dumps(check_json(before)))


@given(data)
def test_copy_is_equal_and_another(before: dict[str, object]) -> None:
    after = copy_json(before)
    after["added"] = 1
    assert {key: after[key] for key in before if key != "added"} == {
        key: value for key, value in before.items() if key != "added"
    }


def test_tuples_become_lists() -> None:
    assert check_json({"a": (1, (2,))}) == {"a": [1, [2]]}


def test_unstorable_text_is_replaced() -> None:
    assert check_json({"a\x00": "\ud800"}) == {"a\ufffd": "\ufffd"}
