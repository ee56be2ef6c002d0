"""A TCP proxy before a server: it refuses, falls silent, delays, or cuts links in mid-sentence."""

import contextlib
import socket
import threading
import time
from typing import Self
from urllib.parse import urlsplit

from proving.faults.stack import Stack


class Proxy:
    """Stands in for the server at an address; `url` is where it listens."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self._server = (address.hostname or "", address.port or 0)
        self._links: list[socket.socket] = []
        self._flows = threading.Event()
        self._flows.set()
        self._latency_seconds = 0.0
        self._bytes_left: int | None = None
        self._listener = self._listen(0)
        self._port: int = self._listener.getsockname()[1]
        who = address.netloc.rpartition("@")[0]
        netloc = f"{who}@127.0.0.1:{self._port}" if who else f"127.0.0.1:{self._port}"
        self.url = address._replace(netloc=netloc).geturl()

    @classmethod
    def before(cls, stack: Stack, setting: str) -> Self:
        """Between a stack and the server that one of its settings names, before it starts."""
        proxy = cls(stack.environment[setting])
        stack.environment[setting] = proxy.url
        return proxy

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.refuse()
        self._flows.set()

    def refuse(self) -> None:
        """The server is gone: links break, new ones are refused."""
        if self._listener.fileno() != -1:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        self.cut()

    def cut(self) -> None:
        """Cut every connection; new ones are accepted."""
        links, self._links = self._links, []
        for link in links:
            _end(link)

    def cut_after(self, sent_bytes: int) -> None:
        """Once that many bytes more have gone to the server, every link breaks, once."""
        self._bytes_left = sent_bytes

    def fall_silent(self) -> None:
        """New links are accepted, but no byte passes any link."""
        self._flows.clear()

    def delay(self, seconds: float) -> None:
        """Each piece takes so long to cross, in each direction."""
        self._latency_seconds = seconds

    def heal(self) -> None:
        """All is well again; what was held back in silence arrives."""
        self._latency_seconds, self._bytes_left = 0.0, None
        if self._listener.fileno() == -1:
            self._listener = self._listen(self._port)
        self._flows.set()

    def _listen(self, port: int) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", port), backlog=256)
        threading.Thread(target=self._accept, args=[listener], daemon=True).start()
        return listener

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                try:
                    far = socket.create_connection(self._server)
                except OSError:
                    _end(near)  # the server behind is down
                    continue
                self._links += [near, far]
                for source, sink, counts in ((near, far, True), (far, near, False)):
                    pump = threading.Thread(target=self._pump, args=(source, sink, counts))
                    pump.daemon = True
                    pump.start()

    def _pump(self, source: socket.socket, sink: socket.socket, counts: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                time.sleep(self._latency_seconds)
                self._flows.wait()
                if counts and self._is_cut_by(sink, data):
                    break
                sink.sendall(data)
        for link in (source, sink):
            _end(link)

    def _is_cut_by(self, sink: socket.socket, data: bytes) -> bool:
        """Let through what is left before the cut; whether the cut is now."""
        left = self._bytes_left
        if left is None:
            return False
        self._bytes_left = left - len(data)
        if self._bytes_left >= 0:
            return False
        self._bytes_left = None
        with contextlib.suppress(OSError):
            sink.sendall(data[:left])
        self.cut()
        return True


def _end(link: socket.socket) -> None:
    # Shutdown wakes the thread that reads it; closing alone does not.
    with contextlib.suppress(OSError):
        link.shutdown(socket.SHUT_RDWR)
    link.close()
