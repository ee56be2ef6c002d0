"""Files that go with an operator's message: named by address, fetched by the provider."""

import mimetypes
from collections.abc import Sequence
from urllib.parse import urlsplit

from pipeline.errors import ChangeRefused
from pipeline.settings import Settings

# https://www.twilio.com/docs/messaging/api/message-resource (MediaUrl)
MOST_MEDIA = 10
LONGEST_URL = 2000
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def refuse_impossible(media_urls: Sequence[str], channel: str, settings: Settings) -> None:
    """Raise ChangeRefused for files that the provider could not fetch or send."""
    if len(media_urls) > MOST_MEDIA:
        raise ChangeRefused(f"A message takes at most {MOST_MEDIA} files.")
    if channel == "whatsapp" and len(media_urls) > 1:
        raise ChangeRefused("WhatsApp takes one file a message; send them one after the other.")
    for url in media_urls:
        if not _is_reachable(url, settings):
            raise ChangeRefused(
                "A file needs an address that the provider can fetch, as https://example.com/a.jpg."
            )


def _is_reachable(url: str, settings: Settings) -> bool:
    """Whether it is an https address; a simulator may be shown files of this machine, too."""
    if len(url) > LONGEST_URL or not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if parts.scheme == "http":
        return settings.provider == "simulator" and host in _LOOPBACK
    return parts.scheme == "https" and bool(host)


def kind_of(media_urls: Sequence[str]) -> str:
    """The kind of a message with these files, by the look of their addresses."""
    if not media_urls:
        return "text"
    guesses = {(mimetypes.guess_type(urlsplit(url).path)[0] or "") for url in media_urls}
    for kind in ("image", "audio"):
        if all(guess.startswith(f"{kind}/") for guess in guesses):
            return kind
    return "document"
