"""The HTTP client under the official Twilio client: pooled, and with time-outs, which it lacks.

It raises only SendError subclasses: NotSent when no byte can have reached Twilio, OutcomeUnknown
when one may have, and what codes.py makes of an answer.
"""

import json
import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import urllib3
from twilio.http import HttpClient
from twilio.http.response import Response
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from pipeline.errors import NotSent, OutcomeUnknown
from pipeline.providers.twilio.codes import send_error

_CONNECT_SECONDS = 3.0
_API = "https://api.twilio.com"
_CONNECTIONS = 64
_UNREACHED = (NewConnectionError, ConnectTimeoutError)
_log = logging.getLogger(__name__)


class _TlsConnection(HTTPSConnection):
    """Distinguishes a failed handshake, when nothing was sent yet, from later failures."""

    def connect(self) -> None:
        try:
            super().connect()
        except OSError as error:
            raise NewConnectionError(self, f"TLS: {type(error).__name__}") from error


class _TlsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class PooledClient(HttpClient):  # type: ignore[misc]  # twilio ships no types
    """Keep-alive connections to one host: `base_url`, or else Twilio's own API."""

    def __init__(self, base_url: str, *, read_seconds: float) -> None:
        super().__init__(_log, is_async=False, timeout=read_seconds)
        parts = urlsplit(base_url or _API)
        kind = urllib3.HTTPConnectionPool if parts.scheme == "http" else _TlsPool
        self._prefix = parts.path
        # One host needs no PoolManager.
        self._pool = kind(
            parts.hostname or "",
            parts.port,
            maxsize=_CONNECTIONS,
            timeout=urllib3.Timeout(connect=_CONNECT_SECONDS, read=read_seconds),
            retries=False,
        )

    def request(  # noqa: PLR0913 (the signature is Twilio's)
        self,
        method: str,
        uri: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ARG002 (ours are fixed)
        allow_redirects: bool = False,  # noqa: ARG002 (never)
    ) -> Response:
        """One call. Raises SendError for whatever is not a 2xx answer."""
        fields = dict(headers or {})
        if auth:
            fields.update(urllib3.make_headers(basic_auth=":".join(auth)))
        answer = self._exchange(
            method,
            self._target(uri, params),
            _body(data, fields),
            fields,
        )
        text = answer.data.decode("utf-8", "replace")
        if not 200 <= answer.status < 300:
            raise _refusal(answer.status, text, answer.headers)
        return Response(answer.status, text, answer.headers)

    def open(self, uri: str, headers: Mapping[str, str]) -> urllib3.BaseHTTPResponse:
        """An answer of any status whose body is not read yet; the caller closes it."""
        return self._exchange("GET", self._target(uri, None), None, headers, is_read=False)

    def _exchange(
        self,
        method: str,
        target: str,
        body: str | None,
        headers: Mapping[str, str],
        *,
        is_read: bool = True,
    ) -> urllib3.BaseHTTPResponse:
        try:
            return self._pool.urlopen(
                method, target, body=body, headers=headers, redirect=False, preload_content=is_read
            )
        except _UNREACHED as error:
            raise NotSent(f"Twilio could not be reached ({type(error).__name__})") from error
        except (HTTPError, OSError) as error:
            # The request was on its way, in part at least.
            raise OutcomeUnknown(f"No answer from Twilio ({type(error).__name__})") from error

    def _target(self, uri: str, params: Mapping[str, object] | None) -> str:
        """The request target at our host: a next page's address brings its own query."""
        parts = urlsplit(uri)
        query = urlencode(params, doseq=True) if params else parts.query
        return self._prefix + parts.path + (f"?{query}" if query else "")


def _body(data: Mapping[str, object] | None, headers: Mapping[str, str]) -> str | None:
    """A form, or JSON where the headers say so."""
    if not data:
        return None
    if headers.get("Content-Type") == "application/json":
        return json.dumps(data)
    return urlencode(data, doseq=True)


def _refusal(status: int, text: str, headers: Mapping[str, str]) -> Exception:
    try:
        answer: Any = json.loads(text)
    except ValueError:
        answer = {}
    details = answer if isinstance(answer, dict) else {}
    code = details.get("code")
    return send_error(
        status,
        str(code) if code else "",
        # Twilio names errors in two formats; the newer one is RFC 9457.
        str(details.get("message") or details.get("detail") or details.get("title") or ""),
        retry_after=_seconds(headers.get("Retry-After", "")),
    )


def _seconds(text: str) -> float:
    # Twilio sends seconds; a date, which HTTP allows too, is ignored.
    return float(text) if text.isascii() and text.isdecimal() else 0.0
