"""Cutting a long text: nothing is lost, every part fits, and the cuts are good ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.botkit.splitting import LONGEST_BODY, split

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
FLAG = "\U0001f1eb\U0001f1f7"
texts = st.text(alphabet=st.sampled_from("ab \n.!é\u0301\u200d\U0001f468\U0001f1eb"), max_size=300)


def units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@given(st.one_of(texts, st.text(max_size=200)), st.integers(2, 80))
def test_only_white_space_is_lost(text: str, limit: int) -> None:
    assert "".join("".join(split(text, limit)).split()) == "".join(text.split())


@given(st.one_of(texts, st.text(max_size=200)), st.integers(2, 80))
def test_every_part_fits(text: str, limit: int) -> None:
    assert all(units(part) <= limit for part in split(text, limit))


@given(texts.filter(str.strip), st.integers(2, 80))
def test_no_part_is_empty(text: str, limit: int) -> None:
    assert all(part.strip() for part in split(text, limit))


@pytest.mark.parametrize("text", ["x" * LONGEST_BODY, "é" * LONGEST_BODY, "  padded  ", ""])
def test_text_that_fits_is_left_alone(text: str) -> None:
    assert split(text) == [text]


def test_one_character_too_many_makes_two_parts() -> None:
    assert [len(part) for part in split("x" * (LONGEST_BODY + 1))] == [LONGEST_BODY, 1]


@pytest.mark.parametrize(
    ("text", "limit", "parts"),
    [
        ("one two\n\nthree. four", 16, ["one two", "three. four"]),
        ("one two\nthree. four", 18, ["one two\nthree.", "four"]),
        ("one two three. four five", 20, ["one two three.", "four five"]),
        ("one two three four", 10, ["one two", "three four"]),
        ("go https://example.com/a", 21, ["go", "https://example.com/a"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("aaa" + FAMILY, 8, ["aaa", FAMILY]),
        ("a" + FLAG * 2, 7, ["a" + FLAG, FLAG]),
        ("aae\u0301", 3, ["aa", "e\u0301"]),
        ("aa\U0001f44d\U0001f3fd", 5, ["aa", "\U0001f44d\U0001f3fd"]),
    ],
)
def test_cuts_are_at_the_best_border(text: str, limit: int, parts: list[str]) -> None:
    assert split(text, limit) == parts
