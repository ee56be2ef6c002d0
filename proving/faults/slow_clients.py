"""Slow clients: connections that keep a web server waiting, in the manner of slow-loris.

One thread speaks for all of them, a byte a second each, so that thousands cost little.
"""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

_HEAD = (
    b"POST /webhooks/twilio HTTP/1.1\r\nHost: parley.example\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n"
)
# What each says at once, and the byte that it repeats.
SLOW_HEADER = (_HEAD + b"X-Slow: ", b"a")
SLOW_BODY = (_HEAD + b"Content-Length: 60000\r\n\r\nBody=", b"a")
ENDLESS_CHUNKS = (_HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n")
SILENT = (b"", b"")
IDLE = (b"GET /healthz HTTP/1.1\r\nHost: parley.example\r\n\r\n", b"")
_CONNECTED_WITHIN_SECONDS = 5.0


class SlowClients:
    """Connections to one server; those that the server ends are counted, and begun again."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self._server = (address.hostname or "", address.port or 0)
        self._links: dict[socket.socket, tuple[bytes, bytes]] = {}
        self._is_over = threading.Event()
        self.ended = 0

    def connect(self, manner: tuple[bytes, bytes], count: int) -> None:
        """So many more connections of one manner. Those that are not taken count as ended."""
        for _ in range(count):
            self._connect(manner)

    def _connect(self, manner: tuple[bytes, bytes]) -> None:
        try:
            link = socket.create_connection(self._server, timeout=_CONNECTED_WITHIN_SECONDS)
            link.setblocking(False)
            link.send(manner[0])
        except OSError:
            self.ended += 1
            return
        self._links[link] = manner

    @contextmanager
    def speaking(self) -> Iterator[None]:
        """A byte a second from each, during the block; then all hang up."""
        voice = threading.Thread(target=self._speak, daemon=True)
        voice.start()
        try:
            yield
        finally:
            self._is_over.set()
            voice.join()
            for link in self._links:
                link.close()

    def _speak(self) -> None:
        while not self._is_over.wait(1.0):
            for link, manner in list(self._links.items()):
                if _is_ended(link, manner[1]):
                    link.close()
                    del self._links[link]
                    self.ended += 1
                    # An attacker does not give up.
                    self._connect(manner)


def _is_ended(link: socket.socket, words: bytes) -> bool:
    """Say one thing more; whether the server has hung up."""
    try:
        while (heard := link.recv(65536)) != b"":
            if b"connection: close" in heard.lower():
                return True
        return True
    except BlockingIOError:
        pass
    except OSError:
        return True
    with contextlib.suppress(BlockingIOError):
        try:
            link.send(words)
        except ConnectionError:
            return True
    return False
