"""Files that a bot can send: pictures, documents and sounds, by their addresses."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.botkit.content.replies import Screen, address
from pipeline.conversation.turns import Reply
from pipeline.messages import storable


@dataclass(frozen=True, slots=True)
class Image:
    """A picture at an address that the provider can fetch."""

    url: str
    caption: str = ""

    def rendered(self, above: str, screen: Screen) -> list[Reply]:
        """The text above, then the picture."""
        return [*screen.texts(above), *captioned(screen, "image", self.url, self.caption)]


@dataclass(frozen=True, slots=True)
class Document:
    """A file, such as a PDF, at an address that the provider can fetch."""

    url: str
    name: str = ""
    caption: str = ""

    def rendered(self, above: str, screen: Screen) -> list[Reply]:
        """The text above, then the file."""
        content = {"name": self.name} if self.name else {}
        caption = self.caption or self.name
        return [*screen.texts(above), *captioned(screen, "document", self.url, caption, content)]


@dataclass(frozen=True, slots=True)
class Audio:
    """A sound or voice message at an address that the provider can fetch."""

    url: str

    def rendered(self, above: str, screen: Screen) -> list[Reply]:
        """The text above, then the sound."""
        return [*screen.texts(above), *captioned(screen, "audio", self.url, "")]


def captioned(
    screen: Screen, kind: str, url: str, caption: str, content: Mapping[str, Any] | None = None
) -> list[Reply]:
    """A file with its caption, whose rest follows as texts."""
    first, *rest = screen.parts(storable(caption.strip()))
    return [
        Reply(kind, first, (address(url),), content or {}),
        *(Reply("text", part) for part in rest),
    ]
