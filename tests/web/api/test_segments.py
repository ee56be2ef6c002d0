"""/api/v1/segments: what a text costs."""

import pytest

from tests.web.conftest import Caller


@pytest.mark.parametrize(
    ("text", "encoding", "units", "segments", "left", "special"),
    [
        ("", "GSM-7", 0, 0, 160, ""),
        ("a" * 161, "GSM-7", 161, 2, 145, ""),
        ("€uro", "GSM-7", 5, 1, 155, ""),
        ("👋", "UCS-2", 2, 1, 68, "👋"),
    ],
)
def test_count(
    api: Caller, text: str, encoding: str, units: int, segments: int, left: int, special: str
) -> None:
    answer = api("GET", "/segments", query_string={"text": text})
    assert answer.get_json() == {
        "encoding": encoding,
        "units": units,
        "segments": segments,
        "left": left,
        "special": special,
    }


def test_no_text_is_422(api: Caller) -> None:
    assert api("GET", "/segments").status_code == 422
