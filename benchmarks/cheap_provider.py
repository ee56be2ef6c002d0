"""A provider that costs almost nothing: it accepts every POST as a message and returns a new id.

`python -m benchmarks.cheap_provider --port 9000 --delay 0.08`. `GET /calls` lists the
accepted messages, with arrival time (monotonic seconds), recipient and body.
"""

import argparse
import asyncio
import itertools
import json
import socket
import time
from urllib.parse import parse_qs

_HEAD = b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
_NO_MESSAGES = b'{"messages": [], "next_page_uri": null}'
_taken: list[tuple[float, bytes]] = []
# No id that a webhook of the load has.
_numbers = itertools.count(1)


class Connection(asyncio.Protocol):
    """One keep-alive connection; its client waits for each answer."""

    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._buffer = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Answer at once: no waiting for fuller packets."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        link: socket.socket = transport.get_extra_info("socket")
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        """Answer as soon as the request is whole."""
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n") + 4
        if end < 4:
            return
        if self._buffer.startswith(b"GET"):
            is_ours = self._buffer.startswith(b"GET /calls")
            self._buffer = b""
            self._answer(b"200 OK", _calls() if is_ours else _NO_MESSAGES)
        elif len(self._buffer) >= end + _length(self._buffer[:end]):
            _taken.append((time.monotonic(), self._buffer[end:]))
            self._buffer = b""
            content = b'{"sid": "SMf%031x", "status": "queued", "num_segments": "1"}'
            self._later(b"201 Created", content % next(_numbers))

    def _later(self, status: bytes, content: bytes) -> None:
        if self._delay:
            loop = asyncio.get_running_loop()
            loop.call_later(self._delay, self._answer, status, content)
        else:
            self._answer(status, content)

    def _answer(self, status: bytes, content: bytes) -> None:
        self._transport.write(_HEAD % (status, len(content)) + content)


def _length(head: bytes) -> int:
    _, _, rest = head.lower().partition(b"content-length:")
    return int(rest.partition(b"\r\n")[0] or 0)


def _calls() -> bytes:
    forms = ((at, parse_qs(body.decode())) for at, body in _taken)
    return json.dumps([(at, form["To"][0], form["Body"][0]) for at, form in forms]).encode()


async def _serve(port: int, delay: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(delay), "127.0.0.1", port, backlog=512)
    await server.serve_forever()


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each answer")
    given = parser.parse_args()
    asyncio.run(_serve(given.port, given.delay))


if __name__ == "__main__":
    main()
