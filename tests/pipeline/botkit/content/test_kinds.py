"""What is said, as the messages that go out on each channel."""

from typing import get_args

import pytest

from pipeline.botkit import (
    Audio,
    Bot,
    Buttons,
    Card,
    Carousel,
    Content,
    Document,
    Image,
    LocationRequest,
    Reply,
    Template,
)
from pipeline.botkit.content.kinds import render
from pipeline.botkit.content.splitting import LONGEST_BODY, units
from pipeline.messages import Channel
from tests.pipeline.botkit.samples import (
    ASK,
    BAG,
    CARDS,
    FOUR,
    HAT,
    LINK,
    LIST,
    MENU,
    MENU_CHOICES,
    MENU_LIST,
    OFFERED,
    OPEN,
    SAMPLES,
    SHOWN,
    SID,
    TAPPED,
    TEMPLATE,
    URL,
    YES,
)
from tests.pipeline.botkit.situations import a_situation


@pytest.mark.parametrize(
    ("contents", "replies"),
    [
        (["a"], [Reply("text", "a")]),
        (["a", "b"], [Reply("text", "a"), Reply("text", "b")]),
        (["a", YES], [Reply("buttons", f"a\n\n{LIST}", (), OFFERED)]),
        ([YES], [Reply("buttons", LIST, (), OFFERED)]),
        ([YES, "a"], [Reply("buttons", LIST, (), OFFERED), Reply("text", "a")]),
        (["a", "b", YES], [Reply("text", "a"), Reply("buttons", f"b\n\n{LIST}", (), OFFERED)]),
        ([Image(URL), "a"], [Reply("image", "", (URL,)), Reply("text", "a")]),
        (["a", Image(URL, "b")], [Reply("text", "a"), Reply("image", "b", (URL,))]),
        ([Document(URL, "x.pdf")], [Reply("document", "x.pdf", (URL,), {"name": "x.pdf"})]),
        ([Document(URL, "x", "b")], [Reply("document", "b", (URL,), {"name": "x"})]),
        ([Audio(URL)], [Reply("audio", "", (URL,))]),
        (["a", MENU], [Reply("menu", f"a\n\n{MENU_LIST}", (), {"choices": MENU_CHOICES})]),
        ([MENU], [Reply("menu", MENU_LIST, (), {"choices": MENU_CHOICES})]),
        (["a", LINK], [Reply("link", f"a\n\nOpen: {URL}", (), OPEN)]),
        ([LINK], [Reply("link", f"Open: {URL}", (), OPEN)]),
        (["a", ASK], [Reply("text", "a"), Reply("location_request", "Where?\nWrite")]),
        ([LocationRequest("Where?", write="")], [Reply("location_request", "Where?")]),
        (
            ["a", CARDS],
            [
                Reply("text", "a"),
                Reply("card", "Hat\nBlue\n1. Buy", (f"{URL}1",), {"choices": [HAT]}),
                Reply("card", "Bag\n2. Buy\nPick", (f"{URL}2",), {"choices": [BAG]}),
            ],
        ),
        (
            [SHOWN],
            [Reply("card", f"{title}\nOpen: {URL}", (URL,)) for title in ("Hat", "Bag")],
        ),
        (["a", TEMPLATE], [Reply("text", "a"), Reply("text", "Hi Ada!")]),
    ],
)
def test_by_sms(contents: list[Content], replies: list[Reply]) -> None:
    assert render(contents, "Pick") == replies


@pytest.mark.parametrize(
    ("contents", "replies"),
    [
        (["a"], [Reply("text", "a")]),
        (["a", YES], [Reply("buttons", "a", (), TAPPED)]),
        ([YES], [Reply("buttons", "Yes", (), {**TAPPED, "plain": f"Yes\n\n{LIST}"})]),
        (["a", Image(URL, "b")], [Reply("text", "a"), Reply("image", "b", (URL,))]),
        ([Document(URL, "x.pdf")], [Reply("document", "x.pdf", (URL,), {"name": "x.pdf"})]),
        ([Audio(URL)], [Reply("audio", "", (URL,))]),
        (
            ["a", MENU],
            [
                Reply(
                    "menu",
                    "a",
                    (),
                    {
                        "choices": MENU_CHOICES,
                        "taps": "list",
                        "button": "Times",
                        "plain": f"a\n\n{MENU_LIST}",
                    },
                )
            ],
        ),
        (
            ["a", LINK],
            [Reply("link", "a", (), {**OPEN, "taps": "link", "plain": f"a\n\nOpen: {URL}"})],
        ),
        ([ASK], [Reply("location_request", "Where?\nClip")]),
        (
            ["a", CARDS],
            [
                Reply("card", "Hat\nBlue", (f"{URL}1",)),
                Reply("card", "Bag", (f"{URL}2",)),
                Reply(
                    "carousel",
                    "a",
                    (),
                    {
                        "choices": [HAT, BAG],
                        "taps": "buttons",
                        "plain": "a\n\n1. Hat: Buy\n2. Bag: Buy\nPick",
                    },
                ),
            ],
        ),
        (
            ["a", Carousel(CARDS.cards, content_sid=SID, variables={"1": "x"})],
            [
                Reply(
                    "carousel",
                    "a\n\nHat\nBlue\n\nBag",
                    (),
                    {
                        "choices": [HAT, BAG],
                        "content_sid": SID,
                        "content_variables": {"1": "x"},
                    },
                )
            ],
        ),
        (
            [SHOWN],
            [Reply("card", f"{title}\nOpen: {URL}", (URL,)) for title in ("Hat", "Bag")],
        ),
        (
            [TEMPLATE],
            [
                Reply(
                    "template",
                    "Hi Ada!",
                    (),
                    {"content_sid": SID, "content_variables": {"1": "Ada"}},
                )
            ],
        ),
        (
            [Template(SID)],
            [Reply("template", "", (), {"content_sid": SID, "content_variables": {}})],
        ),
    ],
)
def test_by_whatsapp(contents: list[Content], replies: list[Reply]) -> None:
    assert render(contents, "Pick", "whatsapp") == replies


@pytest.mark.parametrize(
    ("buttons", "taps"),
    [
        (Buttons(a="Yes", b="No", c="x" * 20), "buttons"),
        (Buttons(a="x" * 21), "list"),
        (FOUR, "list"),
        (Buttons({str(n): str(n) for n in range(10)}), "list"),
        (Buttons(a="x" * 72), "list"),
        (Buttons(a="x" * 73), None),
        (Buttons({"i" * 201: "Yes"}), None),
    ],
)
def test_buttons_take_the_best_shape_they_fit_into(buttons: Buttons, taps: str | None) -> None:
    (reply,) = render(["a", buttons], "Pick", "whatsapp")
    assert reply.content.get("taps") == taps
    assert ("1. " in reply.body) is (taps is None)


@pytest.mark.parametrize("kind", get_args(Content), ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("channel", ["sms", "whatsapp", "rcs", "carrier-pigeon"])
@pytest.mark.parametrize("above", ["", "hi", "word " * 700])
def test_every_kind_fits_every_channel(kind: type, channel: Channel, above: str) -> None:
    contents = [above, SAMPLES[kind]] if above else [SAMPLES[kind]]
    replies = render(contents, "Reply with a number.", channel)
    assert all(reply.body or reply.media_urls for reply in replies)
    for reply in replies:
        assert units(reply.body) <= LONGEST_BODY
        assert units(reply.content.get("plain", "")) <= LONGEST_BODY
        if "taps" in reply.content:
            assert channel == "whatsapp"
            assert len(reply.body) <= 1024
    said = "".join(reply.body for reply in replies)
    assert "".join(above.split()) in "".join(said.split())


def test_long_text_keeps_the_list_last() -> None:
    first, last = render(["word " * 400, YES], "Pick")
    assert (first.kind, last.kind) == ("text", "buttons")
    assert last.body.endswith(LIST)


def test_long_caption_goes_on_as_text() -> None:
    first, second = render([Image(URL, "word " * 400)], "")
    assert (first.media_urls, second.kind, second.media_urls) == ((URL,), "text", ())


def test_unstorable_characters_are_replaced() -> None:
    assert render(["a\x00b\ud800"], "")[0].body == "a\ufffdb\ufffd"


@pytest.mark.parametrize(("hint", "body"), [("", "1. Yes"), ("Číslo?", "1. Yes\nČíslo?")])
def test_hint_is_the_bots_own(hint: str, body: str) -> None:
    bot = Bot("tested", start="start", choices_hint=hint)
    bot.awaits("start")(lambda turn: turn.say(YES))
    assert bot.respond(a_situation()).replies[0].body == body


def test_more_cards_than_a_list_has_rows_are_numbered() -> None:
    cards = [
        Card(f"Card {n}", image=URL, buttons={f"a{n}": "Buy", f"b{n}": "See"}) for n in range(6)
    ]
    replies = render(["a", Carousel(cards)], "Pick", "whatsapp")
    assert [reply.kind for reply in replies] == ["text", *["card"] * 6]
    assert replies[-1].body == "Card 5\n11. Buy\n12. See\nPick"
