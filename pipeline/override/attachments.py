"""Files that go with an operator's message: named by address, fetched by the provider."""

import mimetypes
from collections.abc import Sequence
from urllib.parse import urlsplit

from pipeline.errors import ChangeRefused
from pipeline.providers.base import UNLIMITED
from pipeline.runtime import Runtime
from pipeline.settings import Settings

# Whatever the provider: the API accepts no more.
MOST_MEDIA = 10
LONGEST_URL = 2000
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def refuse_impossible(media_urls: Sequence[str], channel: str, runtime: Runtime) -> None:
    """Raise ChangeRefused for files that the provider could not fetch or send."""
    most = min(MOST_MEDIA, runtime.provider.limits.get(channel, UNLIMITED).most_media)
    if len(media_urls) > most:
        allowed = "one file per message" if most == 1 else f"at most {most} files per message"
        raise ChangeRefused(f"You can send {allowed} on this channel. Send the others separately.")
    for url in media_urls:
        if not _is_reachable(url, runtime.settings):
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
