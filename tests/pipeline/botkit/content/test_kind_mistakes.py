"""Wrong use of a kind is told in plain words, with the page that a limit comes from."""

from collections.abc import Callable
from typing import cast

import pytest

from pipeline.botkit import (
    Card,
    Carousel,
    Link,
    LocationRequest,
    Menu,
    Row,
    Template,
    Turn,
)
from pipeline.errors import BotError
from tests.pipeline.botkit.situations import a_bot, a_situation

SID = "HX" + "0" * 32
HAT = Card("Hat", image="https://a", buttons={"hat": "Buy"})
BAG = Card("Bag", image="https://a", buttons={"bag": "Buy"})
LINKED = Card("Cap", image="https://a", link=Link("https://a", "See"))


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda turn: turn.say(Menu({})), "Menu needs 1 to 10 rows, not 0 (https://www.twilio"),
        (lambda turn: turn.say(Menu({str(i): str(i) for i in range(11)})), "not 11"),
        (lambda turn: turn.say(Menu(cast("dict[str, str]", ["a"]))), "Menu needs {id: title}"),
        (lambda turn: turn.say(Menu({"a": "x" * 25})), "row 1 of a Menu has 25 characters; 24 "),
        (lambda turn: turn.say(Menu({"a": Row("A", "x" * 73)})), "72 fit (https://www.t"),
        (lambda turn: turn.say(Menu({"a": " "})), "the title of row 1 of a Menu is empty"),
        (lambda turn: turn.say(Menu({"i" * 201: "A"})), "the id of row 1 of a Menu has 201"),
        (lambda turn: turn.say(Menu({"x" * 25: {"a": "A"}})), "the name of a section has 25"),
        (lambda turn: turn.say(Menu({"x": {"a": "A"}, "y": {"a": "B"}})), "have the same id"),
        (lambda turn: turn.say(Menu({"a": "A", "b": "a"})), "two rows of a Menu have the same t"),
        (lambda turn: turn.say(Menu({"a": "A"}, button="x" * 21)), "the button of a Menu has 21"),
        (lambda turn: turn.say(Link("ftp://a", "A")), "a Link needs an http(s) URL, not"),
        (lambda turn: turn.say(Link("https://", "A")), "a Link needs an http(s) URL"),
        (lambda turn: turn.say(Link("https://a b", "A")), "without spaces"),
        (lambda turn: turn.say(Link("https://a", "x" * 21)), "the title of a Link has 21 char"),
        (lambda turn: turn.say(Link("https://a/" + "x" * 1600, "A")), "1600 fit a message"),
        (lambda turn: turn.say(LocationRequest("")), "the text of a LocationRequest is empty"),
        (lambda turn: turn.say(Carousel([HAT])), "Carousel needs 2 to 10 Cards, not 1"),
        (lambda turn: turn.say(Carousel([HAT, HAT])), "two buttons of a Carousel have the same"),
        (lambda turn: turn.say(Carousel([HAT, LINKED])), "all Cards of a Carousel need the same"),
        (
            lambda turn: turn.say(Carousel([HAT, BAG], content_sid="HX1")),
            "a ContentSid must be HX and",
        ),
        (lambda _turn: Card("A", image="a.png", buttons={"a": "A"}), "the image of Card 'A' needs"),
        (lambda _turn: Card("A", image="https://a"), "needs one or two of buttons and a link"),
        (
            lambda _turn: Card("A", "x" * 160, image="https://a", buttons={"a": "A"}),
            "Card 'A' has 162 characters; 160",
        ),
        (
            lambda _turn: Card("A", image="https://a", buttons={"a": "x" * 21}),
            "a button of Card 'A' has 21 characters",
        ),
        (
            lambda turn: turn.say(Template("HX1")),
            "a ContentSid must be HX and 32 hexadecimal digits",
        ),
        (lambda turn: turn.say(Template(SID)), "a Template needs its text as preview= for sms"),
        (lambda _turn: Template(SID, {"1": ""}), "the template's variable '1' must be text"),
        (
            lambda _turn: Template(SID, {"1": "x" * 1601}),
            "variable '1' has 1601 characters; 1600 fit",
        ),
        (
            lambda _turn: Template(SID, {"x" * 17: "a"}),
            "a variable's name must have 1 to 16 letters",
        ),
        (lambda _turn: Template(SID, cast("dict[str, str]", ["a"])), "must be {name: text}"),
    ],
)
def test_misuse_is_told_in_plain_words(act: Callable[[Turn], object], words: str) -> None:
    def handler(turn: Turn) -> None:
        act(turn)

    with pytest.raises(BotError) as raised:
        a_bot(handler).respond(a_situation())
    assert words in str(raised.value)
    assert str(raised.value).startswith('bot "tested", state "start", ')
