"""A TCP proxy before a server, which can refuse, or fall silent: accept and never answer."""

import contextlib
import socket
import threading
from typing import Self
from urllib.parse import urlsplit

from parley.proving.stack import Stack


class Proxy:
    """Stands in for the server of one of a stack's addresses, from before the stack starts."""

    def __init__(self, stack: Stack, setting: str) -> None:
        address = urlsplit(stack.environment[setting])
        self._server = (address.hostname or "", address.port or 0)
        self._links: list[socket.socket] = []
        self._flows = threading.Event()
        self._listener = self._listen(0)
        self._port: int = self._listener.getsockname()[1]
        here = address.netloc.rpartition("@")[0]
        netloc = f"{here}@127.0.0.1:{self._port}" if here else f"127.0.0.1:{self._port}"
        stack.environment[setting] = address._replace(netloc=netloc).geturl()

    def __enter__(self) -> Self:
        self._flows.set()
        return self

    def __exit__(self, *_: object) -> None:
        self.refuse()
        self._flows.set()

    def refuse(self) -> None:
        """The server is gone: links break, new ones are refused."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for link in self._links:
            _end(link)
        self._links.clear()

    def fall_silent(self) -> None:
        """New links are accepted, but no byte passes any link."""
        self._flows.clear()

    def heal(self) -> None:
        """All is well again; what was held back in silence arrives."""
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
                far = socket.create_connection(self._server)
                self._links += [near, far]
                for ends in ((near, far), (far, near)):
                    threading.Thread(target=self._pump, args=ends, daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self._flows.wait()
                sink.sendall(data)
        for link in (source, sink):
            _end(link)


def _end(link: socket.socket) -> None:
    # Shutdown wakes the thread that reads it; closing alone does not.
    with contextlib.suppress(OSError):
        link.shutdown(socket.SHUT_RDWR)
    link.close()
