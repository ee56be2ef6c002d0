"""A broker for the tests of the workers."""

import threading
from collections.abc import Iterator

import pytest
from fakeredis import TcpFakeServer


@pytest.fixture
def broker() -> Iterator[str]:
    """The address of a Redis that is only for this test."""
    server = TcpFakeServer(("127.0.0.1", 0), server_type="redis")
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"redis://127.0.0.1:{server.server_address[1]}/0"
    server.shutdown()
    thread.join()
    server.server_close()
