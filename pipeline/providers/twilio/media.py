"""The files that came with messages, fetched from Twilio and nowhere else.

Twilio's API answers with a redirect to a short-lived address at one of its file hosts. The
account's password goes to the API alone; each further address is checked before it is called.
https://www.twilio.com/docs/messaging/api/media-resource
"""

import ipaddress
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import NamedTuple
from urllib.parse import SplitResult, urljoin, urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from pipeline.errors import MediaUnavailable, SendError
from pipeline.providers.base import File
from pipeline.providers.twilio.rest import PooledClient
from pipeline.providers.twilio.settings import Account

Resolve = Callable[[str], list[str]]

_API = "https://api.twilio.com"
_PATH = re.compile(
    r"/2010-04-01/Accounts/AC[0-9a-f]{32}/Messages/(SM|MM)[0-9a-f]{32}/Media/ME[0-9a-f]{32}",
    re.ASCII | re.IGNORECASE,
)
# Where a file is, with and without HTTP authentication on media switched on in the console:
# https://help.twilio.com/articles/223183748
_FILE_HOST = re.compile(r"([a-z0-9-]+\.)*twiliocdn\.com", re.ASCII)
_SHARED_HOST = "s3-external-1.amazonaws.com"
_BUCKET = "/media.twiliocdn.com/"
_REDIRECTS = {301, 302, 303, 307, 308}
_MOST_HOPS = 3

# WhatsApp accepts files of up to 16 MB, MMS less.
LARGEST_FILE = 32 * 1024 * 1024
_CHUNK = 64 * 1024
# A slow download must not occupy a thread of the web process forever.
_WHOLE_SECONDS = 60.0
_TIMEOUT = urllib3.Timeout(connect=3.0, read=10.0)
_PLAIN = {"Accept-Encoding": "identity"}


class _Opened(NamedTuple):
    """An answer, and what to close with it."""

    answer: urllib3.BaseHTTPResponse
    closing: ExitStack


class Files:
    """The files of one account. `resolve` gives the addresses of a host."""

    def __init__(
        self, client: PooledClient, settings: Account, *, resolve: Resolve | None = None
    ) -> None:
        self._client = client
        self._base = urlsplit(settings.api_base_url or _API)
        self._resolve = resolve or _addresses
        token = settings.auth_tokens[0] if settings.auth_tokens else ""
        self._password = urllib3.make_headers(basic_auth=f"{settings.account_sid}:{token}")

    def open(self, url: str) -> File | None:
        """The file at this address; None if it is not one of our files. Raises MediaUnavailable."""
        parts = _parts(url)
        if parts is None or not self._is_ours(parts):
            return None
        try:
            return _file(self._follow(parts.path))
        except (SendError, HTTPError, OSError) as error:
            raise MediaUnavailable("Twilio did not answer; try again.") from error

    def _is_ours(self, parts: SplitResult) -> bool:
        hosts = {_origin(self._base), _origin(urlsplit(_API))}
        return _origin(parts) in hosts and bool(_PATH.fullmatch(parts.path))

    def _follow(self, path: str) -> _Opened:
        """The first answer that is not a redirect; only the first request carries the password."""
        place = self._base._replace(path=path).geturl()
        opened = self._at_the_api(path, self._password)
        for _ in range(_MOST_HOPS):
            if opened.answer.status not in _REDIRECTS:
                return opened
            opened.closing.close()
            place = urljoin(place, opened.answer.headers.get("Location", ""))
            opened = self._at(place)
        opened.closing.close()
        raise MediaUnavailable("Twilio redirected too many times; try again.")

    def _at(self, place: str) -> _Opened:
        parts = _parts(place)
        if parts and _origin(parts) == _origin(self._base):
            return self._at_the_api(_target(parts), {})
        if parts and _is_file_host(parts):
            return self._at_a_file_host(parts)
        raise MediaUnavailable("Twilio redirected to an address that is not one of its file hosts.")

    def _at_the_api(self, target: str, password: dict[str, str]) -> _Opened:
        return _opened(self._client.open(target, {**_PLAIN, **password}), ExitStack())

    def _at_a_file_host(self, parts: SplitResult) -> _Opened:
        """Resolve the host once and connect to that address: DNS cannot change it between."""
        host = parts.hostname or ""
        addresses = self._resolve(host)
        if not addresses or not all(_is_public(address) for address in addresses):
            raise MediaUnavailable("Twilio's file host has no public address here; check DNS.")
        closing = ExitStack()
        pool = urllib3.HTTPSConnectionPool(
            addresses[0], 443, timeout=_TIMEOUT, retries=False, server_hostname=host
        )
        closing.callback(pool.close)
        with closing.pop_all() as if_it_fails:
            answer = pool.urlopen(
                "GET",
                _target(parts),
                headers={**_PLAIN, "Host": host},
                redirect=False,
                preload_content=False,
            )
            return _opened(answer, if_it_fails.pop_all())


def _opened(answer: urllib3.BaseHTTPResponse, closing: ExitStack) -> _Opened:
    closing.callback(answer.close)
    return _Opened(answer, closing)


def _file(opened: _Opened) -> File:
    answer, closing = opened
    length = _length(answer)
    if answer.status == 200 and (length or 0) <= LARGEST_FILE:
        kind = answer.headers.get("Content-Type", "")
        return File(kind, length, _chunks(answer), closing.close)
    closing.close()
    if answer.status == 404:
        raise MediaUnavailable(
            "Twilio has no such file: it was deleted there, or came in just now; try again."
        )
    if answer.status == 200:
        raise MediaUnavailable("The file is larger than any that comes with a message.")
    raise MediaUnavailable(f"Twilio answered {answer.status} instead of the file.")


def _chunks(answer: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    end, size = time.monotonic() + _WHOLE_SECONDS, 0
    try:
        for chunk in answer.stream(_CHUNK):
            size += len(chunk)
            if size > LARGEST_FILE or time.monotonic() > end:
                raise MediaUnavailable("The file is too large, or came too slowly.")
            yield chunk
    except (HTTPError, OSError) as error:
        raise MediaUnavailable("Twilio stopped in the middle of the file.") from error


def _length(answer: urllib3.BaseHTTPResponse) -> int | None:
    if any(name in answer.headers for name in ("Transfer-Encoding", "Content-Encoding")):
        return None
    text = answer.headers.get("Content-Length", "")
    return int(text) if text.isascii() and text.isdecimal() else None


def _parts(url: str) -> SplitResult | None:
    """An address in its parts; None if it is not safe to call."""
    try:
        parts = urlsplit(url)
        is_odd = parts.port == 0 or "@" in parts.netloc or not parts.hostname
    except ValueError:
        return None
    return None if is_odd or parts.scheme not in {"http", "https"} else parts


def _origin(parts: SplitResult) -> tuple[str, str | None, int]:
    return parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


def _is_file_host(parts: SplitResult) -> bool:
    scheme, host, port = _origin(parts)
    if scheme != "https" or port != 443 or not host:
        return False
    is_bucket = host == _SHARED_HOST and parts.path.startswith(_BUCKET) and ".." not in parts.path
    return is_bucket or bool(_FILE_HOST.fullmatch(host))


def _target(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _addresses(host: str) -> list[str]:
    """The addresses of a host, IPv4 first: it is reachable from everywhere."""
    found = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    return [str(place[0]) for _, _, _, _, place in sorted(found, key=lambda item: item[0])]


def _is_public(address: str) -> bool:
    known = ipaddress.ip_address(address)
    return known.is_global and not known.is_multicast
