"""All kinds of content, and `render`, which makes Replies of what a bot says.

`turn.say` calls it; the engine stores the replies and dispatch sends them.
"""

from collections.abc import Sequence
from typing import get_args

from pipeline.botkit.content.buttons import Buttons, Menu
from pipeline.botkit.content.cards import Carousel
from pipeline.botkit.content.files import Audio, Document, Image
from pipeline.botkit.content.links import Link, LocationRequest
from pipeline.botkit.content.replies import Renderer
from pipeline.botkit.content.templates import Template
from pipeline.botkit.expected import display
from pipeline.conversation.turns import Choice, Reply
from pipeline.errors import BotError
from pipeline.messages import Channel, storable

__all__ = ["Content", "Reply", "choices_of", "render"]

Content = (
    str | Image | Document | Audio | Buttons | Menu | Link | LocationRequest | Carousel | Template
)
_KINDS = tuple(kind for kind in get_args(Content) if kind is not str)
_NAMES = ", ".join(kind.__name__ for kind in _KINDS[:-1])


def render(contents: Sequence[Content], hint: str, channel: Channel = "sms") -> list[Reply]:
    """The messages for the contents of one `say`; choices and links join the text before them.

    `hint` is the line below a numbered list.
    """
    renderer = Renderer(channel, hint)
    replies: list[Reply] = []
    above = ""  # a text that the next content may join
    for content in contents:
        if isinstance(content, str):
            replies += renderer.texts(above)
            above = _checked_text(content)
        elif isinstance(content, _KINDS):
            replies += content.render(above, renderer)
            above = ""
        else:
            raise BotError(
                f"say() accepts text, {_NAMES} or {_KINDS[-1].__name__}, "
                f"not {type(content).__name__}"
            )
    replies += renderer.texts(above)
    if not replies:
        raise BotError("say() needs a text or another content")
    return replies


def choices_of(contents: Sequence[Content]) -> tuple[Choice, ...]:
    """The choices that the next answer may pick: those of the last content that has some."""
    for content in reversed(contents):
        if isinstance(content, Buttons | Menu | Carousel) and content.choices:
            return content.choices
    return ()


def content_problem(contents: object) -> str:
    """What is wrong with the contents of a setting, which are said later; "" for nothing."""
    each = contents if isinstance(contents, tuple) else (contents,)
    for content in each:
        if isinstance(content, type):
            return f"got the class {content.__name__}; create one: {content.__name__}(…)"
        if not isinstance(content, (str, *_KINDS)):
            return (
                f"accepts text, {_NAMES}, {_KINDS[-1].__name__}, a tuple of these, or a function "
                f"of the turn, not {display(content)}"
            )
        if isinstance(content, str) and not content.strip():
            return "got an empty text"
    return ""


def _checked_text(text: str) -> str:
    if not text.strip():
        raise BotError("say() got an empty text")
    return storable(text)
