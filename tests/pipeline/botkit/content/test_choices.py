"""Which choice an answer means, and which words a text has in it."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.botkit import Buttons, Menu, Turn
from pipeline.botkit.content.choices import match_choice, normalize
from tests.pipeline.botkit.situations import a_bot, a_situation, an_inbound

OFFER = Buttons(join="Join", human="Talk to us").choices
TEN = Buttons({f"id{n}": f"Title {n}" for n in range(1, 11)}).choices
# ASCII, Arabic-Indic, Persian, Devanagari, Bengali, Thai, full width.
ZEROS = "0٠۰०০๐０"
AROUND = ["{}", " {} ", "{}.", "{})", "({})", "#{}", "\u200f{}", "{}\ufe0f"]
WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
# Titles as people write them, in scripts with and without case.
LETTERS = st.characters(
    categories=["Lu", "Ll", "Lt", "Lo", "Nd", "Zs", "Po"], exclude_characters="ŉ"
)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "2",
            " 2 ",
            "2.",
            "2)",
            "(2)",
            "#2",
            "２",
            "２．",
            "٢",
            "२",
            "②",
            "2\ufe0f\u20e3",
            "\u200f٢",
        ),
        *("talk to us", "TALK  TO US", "Talk to us.", "ｔalk to us"),
    ],
)
def test_number_or_title_picks_the_second(text: str) -> None:
    assert match_choice(an_inbound(text), OFFER) == "human"


@pytest.mark.parametrize("text", ["", "0", "3", "22", "2 tickets", "two", "join us", "-1", "1.5"])
def test_other_words_pick_nothing(text: str) -> None:
    assert match_choice(an_inbound(text), OFFER) == ""


def test_tap_needs_no_choices() -> None:
    assert match_choice(an_inbound("Old", button_id="old"), ()) == "old"


def test_title_goes_before_number() -> None:
    choices = Buttons(two="2", three="3", four="4").choices
    assert match_choice(an_inbound("3"), choices) == "three"


@given(st.integers(1, 10), st.sampled_from(ZEROS), st.sampled_from(AROUND))
def test_any_digits_pick_their_line(number: int, zero: str, around: str) -> None:
    text = "".join(chr(ord(zero) + int(digit)) for digit in str(number))
    assert match_choice(an_inbound(around.format(text)), TEN) == f"id{number}"


@pytest.mark.parametrize("text", ["②", "²", "፪", "2\ufe0f\u20e3", "⑵", "⒉"])
def test_digits_that_are_no_decimals_pick_too(text: str) -> None:
    assert match_choice(an_inbound(text), OFFER) == "human"


@given(
    st.lists(st.text(min_size=1).filter(str.strip), min_size=1, max_size=10, unique_by=normalize)
)
def test_every_title_picks_itself(titles: list[str]) -> None:
    choices = Buttons({str(i): f"{i}-{title}" for i, title in enumerate(titles)}).choices
    for choice in choices:
        assert match_choice(an_inbound(choice.title), choices) == choice.id


@given(
    st.lists(st.text(LETTERS, min_size=1).filter(str.strip), min_size=1, max_size=4),
    st.sampled_from([str.upper, str.lower, str.title, str.swapcase, str.casefold]),
    st.sampled_from(["{}", "  {}\n", "{}.", "{}!", "\u2068{}\u2069"]),
    st.booleans(),
)
def test_a_title_in_any_case_and_width_picks_its_line(
    titles: list[str], cased: Callable[[str], str], around: str, is_wide: bool
) -> None:
    choices = Menu({str(i): f"{i}-{title}"[:20] for i, title in enumerate(titles)}).choices
    for choice in choices:
        said = cased(choice.title)
        said = around.format(said.translate(WIDE) if is_wide else said)
        assert match_choice(an_inbound(said), choices) == choice.id


@pytest.mark.parametrize("said", ["SICAK", "sıcak", "sicak", "SİCAK"])
def test_turkish_capitals_pick(said: str) -> None:
    assert match_choice(an_inbound(said), Buttons(hot="Sıcak", cold="Soğuk").choices) == "hot"


def test_number_fills_in_the_button() -> None:
    def tell(turn: Turn) -> None:
        turn.say(f"{turn.message.button_id} {turn.picked('human')} {turn.message.text}")

    outcome = a_bot(tell).respond(a_situation("2", choices=OFFER))
    assert outcome.replies[0].body == "human True 2"


@pytest.mark.parametrize(
    ("text", "word", "is_said"),
    [
        ("help", "help", True),
        ("I need HELP, please!", "help", True),
        ("helpful", "help", False),
        ("start   over", "start over", True),
        ("Straße", "STRASSE", True),
        ("c++ please", "c++", True),
        ("", "help", False),
        ("help", "", False),
        ("why?", "why?", True),
    ],
)
def test_words_are_found_whole(text: str, word: str, is_said: bool) -> None:
    outcome = a_bot(lambda turn: turn.say(str(turn.says(word)))).respond(a_situation(text))
    assert outcome.replies[0].body == str(is_said)
