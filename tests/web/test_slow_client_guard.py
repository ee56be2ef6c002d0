"""Connections that get no answer: cut after a while, and no other."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from web import slow_client_guard

# The kernel counts in steps of up to 10 ms.
AFTER_SECONDS = 0.2


class Link(NamedTuple):
    """Both ends of a connection."""

    theirs: socket.socket
    ours: socket.socket


@pytest.fixture
def owned() -> Iterator[ExitStack]:
    """Closes every socket of a test."""
    with ExitStack() as owned:
        yield owned


@pytest.fixture
def server(owned: ExitStack) -> socket.socket:
    """A listening server of this process."""
    return owned.enter_context(socket.create_server(("127.0.0.1", 0)))


def a_link(owned: ExitStack, server: socket.socket) -> Link:
    theirs = owned.enter_context(socket.create_connection(server.getsockname(), timeout=5))
    ours = owned.enter_context(server.accept()[0])
    return Link(theirs, ours)


def test_connection_without_an_answer_is_cut(owned: ExitStack, server: socket.socket) -> None:
    link = a_link(owned, server)
    time.sleep(2 * AFTER_SECONDS)
    # What comes in does not count.
    link.theirs.send(b"a")
    assert slow_client_guard.cut(server.getsockname()[1], AFTER_SECONDS) == 1
    assert link.ours.recv(9) in {b"a", b""}
    assert link.theirs.recv(9) == b""


def test_connection_that_was_answered_is_not_cut(owned: ExitStack, server: socket.socket) -> None:
    link = a_link(owned, server)
    time.sleep(2 * AFTER_SECONDS)
    link.ours.send(b"b")
    assert slow_client_guard.cut(server.getsockname()[1], AFTER_SECONDS) == 0
    assert link.theirs.recv(9) == b"b"


def test_young_connection_is_not_cut(owned: ExitStack, server: socket.socket) -> None:
    a_link(owned, server)
    assert slow_client_guard.cut(server.getsockname()[1], 60) == 0


def test_connections_of_other_ports_are_not_cut(owned: ExitStack, server: socket.socket) -> None:
    a_link(owned, server)
    other = owned.enter_context(socket.create_server(("127.0.0.1", 0)))
    time.sleep(2 * AFTER_SECONDS)
    assert slow_client_guard.cut(other.getsockname()[1], AFTER_SECONDS) == 0


def test_looking_leaves_no_file_open(owned: ExitStack, server: socket.socket) -> None:
    a_link(owned, server)
    before = _open_files()
    for _ in range(5):
        slow_client_guard.cut(server.getsockname()[1], 60)
    assert _open_files() == before


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
