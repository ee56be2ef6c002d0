"""Files that a bot can send by their URL: images, documents and audio."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.botkit.content.replies import Renderer, http_url
from pipeline.conversation.turns import Reply
from pipeline.messages import storable


@dataclass(frozen=True, slots=True)
class Image:
    """A picture at a URL that the provider can fetch."""

    url: str
    caption: str = ""

    def render(self, above: str, renderer: Renderer) -> list[Reply]:
        """The text `above`, then the picture."""
        return [*renderer.texts(above), *render_file(renderer, "image", self.url, self.caption)]


@dataclass(frozen=True, slots=True)
class Document:
    """A file, such as a PDF, at a URL that the provider can fetch."""

    url: str
    name: str = ""
    caption: str = ""

    def render(self, above: str, renderer: Renderer) -> list[Reply]:
        """The text `above`, then the file."""
        content = {"name": self.name} if self.name else {}
        caption = self.caption or self.name
        return [
            *renderer.texts(above),
            *render_file(renderer, "document", self.url, caption, content),
        ]


@dataclass(frozen=True, slots=True)
class Audio:
    """A sound or voice message at a URL that the provider can fetch."""

    url: str

    def render(self, above: str, renderer: Renderer) -> list[Reply]:
        """The text `above`, then the sound."""
        return [*renderer.texts(above), *render_file(renderer, "audio", self.url, "")]


def render_file(
    renderer: Renderer, kind: str, url: str, caption: str, content: Mapping[str, Any] | None = None
) -> list[Reply]:
    """A file with its caption; the rest of a long caption follows as texts."""
    first, *rest = renderer.parts(storable(caption.strip()))
    return [
        Reply(kind, first, (http_url(url),), content or {}),
        *(Reply("text", part) for part in rest),
    ]
