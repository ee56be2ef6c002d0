"""Segments are counted as carriers do; smsutil, which counts likewise, is the oracle."""

import pytest
import smsutil
from hypothesis import given
from hypothesis import strategies as st

from pipeline.segments import Segments, segments

_STORABLE = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Segments("GSM-7", 0, 0, 160, "", 160)),
        ("a" * 160, Segments("GSM-7", 160, 1, 160, "", 0)),
        ("a" * 161, Segments("GSM-7", 161, 2, 306, "", 145)),
        ("€" * 80, Segments("GSM-7", 160, 1, 160, "", 0)),
        # 76 of them, then a septet that stays empty.
        ("€" * 81, Segments("GSM-7", 162, 2, 306, "", 143)),
        # An escape never stands at the end of a segment without its character.
        ("a" * 152 + "€" + "a" * 10, Segments("GSM-7", 164, 2, 306, "", 141)),
        ("é" * 70, Segments("GSM-7", 70, 1, 160, "", 90)),
        ("ы" * 70, Segments("UCS-2", 70, 1, 70, "ы", 0)),
        ("ы" * 71, Segments("UCS-2", 71, 2, 134, "ы", 63)),
        ("🙂" * 35, Segments("UCS-2", 70, 1, 70, "🙂", 0)),
        # Nor is an emoji cut in two: 33 of them fill a segment of 67 units.
        ("🙂" * 67, Segments("UCS-2", 134, 3, 201, "🙂", 65)),
        ("it’s “so” nice", Segments("UCS-2", 14, 1, 70, "’“”", 56)),
    ],
)
def test_text_comes_to_segments(text: str, expected: Segments) -> None:
    assert segments(text) == expected


@given(st.text(_STORABLE, min_size=1, max_size=400))
def test_encoding_is_that_of_the_oracle(text: str) -> None:
    assert (segments(text).encoding == "GSM-7") == smsutil.is_valid_gsm(text)


@given(st.text("aé€🙂ы{", max_size=700) | st.text(_STORABLE, max_size=300))
def test_count_is_that_of_the_oracle(text: str) -> None:
    assert segments(text).count == (len(smsutil.split(text).parts) if text else 0)


@given(st.text("a€🙂ы", max_size=700))
def test_as_much_as_is_left_goes_in(text: str) -> None:
    found = segments(text)
    filler = "ы" if found.encoding == "UCS-2" else "a"
    assert segments(text + filler * found.left).count == max(1, found.count)
    assert segments(text + filler * (found.left + 1)).count == max(1, found.count) + 1
