"""Link, a button that opens an address, and LocationRequest, which asks where the contact is."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from pipeline.botkit.content.buttons import BUTTON_PAGE, LONGEST_BUTTON
from pipeline.botkit.content.replies import Screen, address, words
from pipeline.botkit.content.splitting import LONGEST_BODY
from pipeline.conversation.turns import Reply
from pipeline.errors import BotError


@dataclass(frozen=True, slots=True)
class Link:
    """A button under a text that opens an address: `Link("https://…", "Track it")`.

    By SMS it reads "Track it: https://…". Tapping it tells the bot nothing.
    """

    url: str
    title: str

    def __post_init__(self) -> None:
        title = words(self.title, "the title of a Link", LONGEST_BUTTON, BUTTON_PAGE)
        object.__setattr__(self, "title", title)
        if not urlsplit(address(self.url, "a Link")).netloc or self.url.split() != [self.url]:
            raise BotError(f"a Link needs an http(s) address without blanks, not {self.url!r}")
        if len(self.line) > LONGEST_BODY:
            raise BotError(f"a Link has to fit into a message of {LONGEST_BODY} characters")

    @property
    def line(self) -> str:
        """How it reads where nothing can be tapped."""
        return f"{self.title}: {self.url}"

    def rendered(self, above: str, screen: Screen) -> list[Reply]:
        """The text above with the link under it."""
        content = {"link": {"url": self.url, "title": self.title}}
        if not screen.has_taps:
            return screen.under(above, self.line, "link", content)
        opened = {**content, "taps": "link"}
        return screen.over_taps(above or self.title, self.line, "link", opened)


@dataclass(frozen=True, slots=True)
class LocationRequest:
    """Asks for the contact's place, which comes as `turn.message.location`.

    Twilio's Content API has no such request, so both channels get a text: on WhatsApp with `attach`
    under it, which tells how to share a place there, by SMS with `write`, since a place cannot be
    shared there and comes as `turn.message.text`. Give both in your bot's language; "" leaves out.
    """

    text: str
    attach: str = "Tap + or the paperclip, then Location."
    write: str = "Please send your location as text."

    def __post_init__(self) -> None:
        words(self.text, "the text of a LocationRequest")

    def rendered(self, above: str, screen: Screen) -> list[Reply]:
        """The text above, then the request."""
        how = self.attach if screen.has_taps else self.write
        asked = f"{self.text}\n{how}" if how else self.text
        *firsts, last = screen.parts(asked)
        return [
            *screen.texts(above),
            *(Reply("text", part) for part in firsts),
            Reply("location_request", last),
        ]
