"""Cutting a long text: nothing is lost, every part fits, and the cuts are good ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.botkit.content.splitting import LONGEST_BODY, split, units
from pipeline.segments import segments

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
FLAG = "\U0001f1eb\U0001f1f7"
texts = st.text(alphabet=st.sampled_from("ab \n.!é\u0301\u200d\U0001f468\U0001f1eb"), max_size=300)


PLAIN = "This line is thirty-two letters.\n"
FANCY = "Это стоит дороже.\n"


@given(st.text())
def test_units_are_those_of_utf_16(text: str) -> None:
    assert units(text) == len(text.encode("utf-16-le", "surrogatepass")) // 2


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
        ("a" + ENGLAND, 14, ["a", ENGLAND]),
    ],
)
def test_cuts_are_at_the_best_border(text: str, limit: int, parts: list[str]) -> None:
    assert split(text, limit) == parts


@given(st.one_of(texts, st.text(max_size=200)), st.integers(2, 80))
def test_an_sms_loses_nothing_either(text: str, limit: int) -> None:
    parts = split(text, limit, is_sms=True)
    assert "".join("".join(parts).split()) == "".join(text.split())
    assert all(units(part) <= limit for part in parts)


def cost(parts: list[str]) -> int:
    return sum(segments(part).count for part in parts)


def test_what_gsm_7_lacks_goes_into_a_part_of_its_own() -> None:
    text = PLAIN * 40 + FANCY * 30
    usual, cheap = split(text), split(text, is_sms=True)
    assert [segments(part).encoding for part in usual] == ["UCS-2", "UCS-2"]
    assert [segments(part).encoding for part in cheap] == ["GSM-7", "UCS-2"]
    assert cheap[0] == (PLAIN * 40).rstrip()
    assert cost(cheap) < cost(usual)


@pytest.mark.parametrize("text", [PLAIN * 5 + FANCY * 120, (FANCY + PLAIN) * 40, PLAIN * 60])
def test_where_it_saves_nothing_the_cut_stays(text: str) -> None:
    assert split(text, is_sms=True) == split(text)


@given(st.lists(st.sampled_from([PLAIN, FANCY, "word ", "ещё "]), max_size=200).map("".join))
def test_an_sms_never_costs_more_for_it(text: str) -> None:
    assert cost(split(text, is_sms=True)) <= cost(split(text))
