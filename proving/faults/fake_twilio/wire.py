"""As much of an HTTP/1.1 server as the fake needs: keep-alive, fixed lengths, resets to order."""

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

_PHRASES = {200: "OK", 201: "Created", 204: "No Content", 400: "Bad Request", 429: "Too Many"}


@dataclass(slots=True)
class Request:
    """One request; names of headers in lower case."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    def form(self) -> dict[str, list[str]]:
        """The decoded form, blank values kept."""
        return parse_qs(self.body.decode(), keep_blank_values=True)

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass(slots=True)
class Answer:
    """What is sent back; `is_reset` breaks the connection instead, `delay_seconds` comes before."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    delay_seconds: float = 0.0
    is_reset: bool = False
    wait_for: Awaitable[Any] | None = None

    @property
    def is_plain(self) -> bool:
        """Whether it can be written at once."""
        return not (self.delay_seconds or self.is_reset or self.wait_for)

    def encoded(self) -> bytes:
        """The bytes of the answer; a body that is neither bytes nor text becomes JSON."""
        text = self.body if isinstance(self.body, str | bytes) else json.dumps(self.body)
        content = text.encode() if isinstance(text, str) else text
        headers = {"Content-Type": "application/json", "Content-Length": len(content)}
        lines = "".join(f"{name}: {value}\r\n" for name, value in (headers | self.headers).items())
        phrase = _PHRASES.get(self.status, "Answer")
        return f"HTTP/1.1 {self.status} {phrase}\r\n{lines}\r\n".encode() + content


class Connection(asyncio.Protocol):
    """One client's connection; requests are answered in turn."""

    def __init__(self, answer: Callable[[Request], Answer], open_ones: "set[Connection]") -> None:
        self._answer = answer
        self._open_ones = open_ones
        self._buffer = b""
        self._slow: asyncio.Task[None] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Answer at once: no waiting for fuller packets."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._open_ones.add(self)
        link = transport.get_extra_info("socket")
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        """Answer as soon as a request is whole."""
        self._buffer += data
        self._serve()

    def connection_lost(self, _exc: Exception | None) -> None:
        """The client is gone; so is the answer it waited for."""
        self._open_ones.discard(self)
        if self._slow:
            self._slow.cancel()

    def close(self) -> None:
        """End it now."""
        if self._transport:
            self._transport.abort()

    def _serve(self) -> None:
        while self._slow is None and (request := self._next()):
            answer = self._answer(request)
            if answer.is_plain:
                self._write(answer)
            else:
                self._slow = asyncio.get_running_loop().create_task(self._later(answer))

    async def _later(self, answer: Answer) -> None:
        if answer.wait_for:
            await answer.wait_for
        await asyncio.sleep(answer.delay_seconds)
        if answer.is_reset:
            self._reset()
        else:
            self._write(answer)
        self._slow = None
        self._serve()

    def _next(self) -> Request | None:
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return None
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)
        }
        length = int(headers.get("content-length", 0))
        if len(rest) < length:
            return None
        self._buffer = rest[length:]
        method, target, _ = first.split(" ", 2)
        path, _, query = target.partition("?")
        return Request(method, path, query, headers, rest[:length])

    def _write(self, answer: Answer) -> None:
        if self._transport and not self._transport.is_closing():
            self._transport.write(answer.encoded())

    def _reset(self) -> None:
        if self._transport:
            link = self._transport.get_extra_info("socket")
            # Linger of zero seconds: close sends RST, not FIN.
            link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._transport.abort()
