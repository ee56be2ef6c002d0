"""What a bot can say, and how each kind becomes messages that every channel can carry.

`turn.say` renders through `render`; the engine stores the replies and dispatch sends them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.botkit.choices import Choice, plain
from pipeline.botkit.splitting import split
from pipeline.errors import BotError
from pipeline.messages import storable

MOST_CHOICES = (
    10  # WhatsApp's own lists hold ten: https://www.twilio.com/docs/content/twilio-list-picker
)


@dataclass(frozen=True, slots=True)
class Reply:
    """One message to the contact, rendered for the channel; `body` fits into one send.

    `content` is JSON for whoever shows the message: `choices` of a list, `name` of a document.
    """

    kind: str
    body: str
    media_urls: tuple[str, ...] = ()
    content: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Image:
    """A picture at an address that the provider can fetch."""

    url: str
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A file, such as a PDF, at an address that the provider can fetch."""

    url: str
    name: str = ""
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Audio:
    """A sound or voice message at an address that the provider can fetch."""

    url: str


class Buttons:
    """One to ten choices: `Buttons(join="Join", human="Talk to us")` or `Buttons({id: title})`.

    A tap, the number or the title comes back as `turn.picked(id)`.
    """

    __slots__ = ("choices",)

    def __init__(self, choices: Mapping[str, str] | None = None, /, **titles: str) -> None:
        offered = {**(choices or {}), **titles}
        if not 1 <= len(offered) <= MOST_CHOICES:
            raise BotError(f"Buttons takes 1 to {MOST_CHOICES} choices, not {len(offered)}")
        self.choices = tuple(
            _choice(number, button_id, title)
            for number, (button_id, title) in enumerate(offered.items(), start=1)
        )
        if len({plain(choice.title) for choice in self.choices}) < len(self.choices):
            raise BotError("two Buttons have the same title, so an answer could mean either")


Content = str | Image | Document | Audio | Buttons


def _choice(number: int, button_id: object, title: object) -> Choice:
    if not isinstance(button_id, str) or not isinstance(title, str):
        raise BotError(f"Buttons takes texts, not {button_id!r}: {title!r}")
    if not button_id or not title.strip():
        raise BotError(f"Button {number} has an empty id or title")
    return Choice(number, storable(button_id), storable(" ".join(title.split())))


def render(contents: Sequence[Content], hint: str) -> list[Reply]:
    """The messages for what one `say` was given; a text and the Buttons after it become one.

    `hint` is the line under a numbered list.
    """
    replies: list[Reply] = []
    above = ""  # a text that Buttons may come under
    for content in contents:
        if isinstance(content, Buttons):
            replies += _numbered(above, content, hint)
            above = ""
        elif isinstance(content, str):
            replies += _texts(above)
            above = _filled(content)
        else:
            replies += [*_texts(above), *_file(content)]
            above = ""
    replies += _texts(above)
    if not replies:
        raise BotError("say() was given nothing to say")
    return replies


def _filled(text: str) -> str:
    if not text.strip():
        raise BotError("say() was given an empty text")
    return storable(text)


def _texts(text: str) -> list[Reply]:
    return [Reply("text", part) for part in split(text)] if text else []


def _numbered(text: str, buttons: Buttons, hint: str) -> list[Reply]:
    lines = [f"{choice.number}. {choice.title}" for choice in buttons.choices]
    listed = "\n".join([*lines, hint] if hint else lines)
    *firsts, last = split(f"{text}\n\n{listed}" if text else listed)
    offered = [{"number": it.number, "id": it.id, "title": it.title} for it in buttons.choices]
    return [
        *(Reply("text", part) for part in firsts),
        Reply("buttons", last, (), {"choices": offered}),
    ]


def _file(content: Image | Document | Audio) -> list[Reply]:
    match content:
        case Image(url, caption):
            return _captioned("image", url, caption)
        case Document(url, name, caption):
            return _captioned("document", url, caption or name, {"name": name} if name else {})
        case Audio(url):
            return _captioned("audio", url, "")
    raise BotError(
        f"say() takes text, Image, Document, Audio or Buttons, not {type(content).__name__}"
    )


def _captioned(
    kind: str, url: object, caption: str, content: Mapping[str, Any] | None = None
) -> list[Reply]:
    if not isinstance(url, str) or not url.startswith(("https://", "http://")):
        raise BotError(f"a file to send needs an http(s) address, not {url!r}")
    first, *rest = split(storable(caption.strip()))
    return [Reply(kind, first, (url,), content or {}), *(Reply("text", part) for part in rest)]
