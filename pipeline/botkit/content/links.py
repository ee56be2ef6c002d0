"""Link, a button that opens a URL, and LocationRequest, which asks where the contact is."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from pipeline.botkit.content.buttons import BUTTON_PAGE, LONGEST_BUTTON
from pipeline.botkit.content.replies import Renderer, http_url, single_line
from pipeline.botkit.content.splitting import LONGEST_BODY
from pipeline.conversation.turns import Reply
from pipeline.errors import BotError


@dataclass(frozen=True, slots=True)
class Link:
    """A button below a text that opens a URL: `Link("https://…", "Track it")`.

    By SMS it reads "Track it: https://…". The bot does not learn of a tap on it.
    """

    url: str
    title: str

    def __post_init__(self) -> None:
        title = single_line(self.title, "the title of a Link", LONGEST_BUTTON, BUTTON_PAGE)
        object.__setattr__(self, "title", title)
        if not urlsplit(http_url(self.url, "a Link")).netloc or self.url.split() != [self.url]:
            raise BotError(f"a Link needs an http(s) URL without spaces, not {self.url!r}")
        if len(self.line) > LONGEST_BODY:
            raise BotError(f"a Link has {len(self.line)} characters; {LONGEST_BODY} fit a message")

    @property
    def line(self) -> str:
        """The link as text, for channels without taps."""
        return f"{self.title}: {self.url}"

    def render(self, above: str, renderer: Renderer) -> list[Reply]:
        """The text `above` with the link below it."""
        content = {"link": {"url": self.url, "title": self.title}}
        if not renderer.has_taps:
            return renderer.under(above, self.line, "link", content)
        opened = {**content, "taps": "link"}
        return renderer.over_taps(above or self.title, self.line, "link", opened)


@dataclass(frozen=True, slots=True)
class LocationRequest:
    """Asks for the contact's location, which arrives as `turn.message.location`.

    Both channels get a text. On WhatsApp `attach` follows it and explains how to share a location;
    by SMS, which has no locations, `write` does, and the answer arrives as `turn.message.text`. Set
    both in your bot's language, or "" for none.
    """

    text: str
    attach: str = "Tap + or the paperclip, then Location."
    write: str = "Please send your location as text."

    def __post_init__(self) -> None:
        single_line(self.text, "the text of a LocationRequest")

    def render(self, above: str, renderer: Renderer) -> list[Reply]:
        """The text `above`, then the request."""
        how = self.attach if renderer.has_taps else self.write
        asked = f"{self.text}\n{how}" if how else self.text
        *firsts, last = renderer.parts(asked)
        return [
            *renderer.texts(above),
            *(Reply("text", part) for part in firsts),
            Reply("location_request", last),
        ]
