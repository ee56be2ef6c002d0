"""What a bot can say, and how it becomes messages that every channel can carry.

`turn.say` renders through `render`; the engine stores the replies and dispatch sends them.
"""

from collections.abc import Sequence
from typing import get_args

from pipeline.botkit.content.buttons import Buttons, Menu
from pipeline.botkit.content.cards import Carousel
from pipeline.botkit.content.files import Audio, Document, Image
from pipeline.botkit.content.links import Link, LocationRequest
from pipeline.botkit.content.replies import Screen
from pipeline.botkit.content.templates import Template
from pipeline.conversation.turns import Choice, Reply
from pipeline.errors import BotError
from pipeline.messages import Channel, storable

__all__ = ["Content", "Reply", "offered", "render"]

Content = (
    str | Image | Document | Audio | Buttons | Menu | Link | LocationRequest | Carousel | Template
)
_KINDS = tuple(kind for kind in get_args(Content) if kind is not str)
_NAMES = ", ".join(kind.__name__ for kind in _KINDS[:-1])


def render(contents: Sequence[Content], hint: str, channel: Channel = "sms") -> list[Reply]:
    """The messages for what one `say` was given; choices and links come under the text before.

    `hint` is the line under a numbered list.
    """
    screen = Screen(channel, hint)
    replies: list[Reply] = []
    above = ""  # a text that something may come under
    for content in contents:
        if isinstance(content, str):
            replies += screen.texts(above)
            above = _filled(content)
        elif isinstance(content, _KINDS):
            replies += content.rendered(above, screen)
            above = ""
        else:
            raise BotError(
                f"say() takes text, {_NAMES} or {_KINDS[-1].__name__}, not {type(content).__name__}"
            )
    replies += screen.texts(above)
    if not replies:
        raise BotError("say() was given nothing to say")
    return replies


def offered(contents: Sequence[Content]) -> tuple[Choice, ...]:
    """What the next answer may pick: the choices of the last kind that has some."""
    for content in reversed(contents):
        if isinstance(content, Buttons | Menu | Carousel) and content.choices:
            return content.choices
    return ()


def _filled(text: str) -> str:
    if not text.strip():
        raise BotError("say() was given an empty text")
    return storable(text)
