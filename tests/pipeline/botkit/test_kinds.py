"""What is said, as the messages that go out."""

import pytest

from pipeline.botkit import Audio, Bot, Buttons, Content, Document, Image, Reply
from pipeline.botkit.kinds import render
from tests.pipeline.botkit.situations import a_situation

URL = "https://example.com/a"
YES = Buttons(yes="Yes")
LIST = "1. Yes\nPick"
OFFERED = {"choices": [{"number": 1, "id": "yes", "title": "Yes"}]}


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
    ],
)
def test_contents_become_messages(contents: list[Content], replies: list[Reply]) -> None:
    assert render(contents, "Pick") == replies


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
