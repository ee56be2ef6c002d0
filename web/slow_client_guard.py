"""Closes connections of slow clients: those on which we have sent nothing for a while.

The web server limits how long a header may take and how long a connection may idle, but not a body
that arrives byte by byte, nor an answer that the client does not read; both occupy a thread. The
kernel knows when a connection last sent something, and a request is answered within seconds.
"""

import contextlib
import os
import socket
import stat
import struct
import sys
import threading
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

# A provider stops waiting for a webhook after 15 s; a longer page or export is still sending.
CUT_AFTER_SECONDS = 15.0
_LOOK_EVERY_SECONDS = 1.0
_OPEN_FILES = Path("/proc/self/fd")
# tcpi_last_data_sent of Linux's struct tcp_info (linux/tcp.h), in milliseconds; of a connection
# that has sent nothing it counts from when it was made.
_LAST_SENT = struct.Struct("@44xI")
_INFO_BYTES = 104
_ESTABLISHED = 1


def watch(port: int, *, after_seconds: float = CUT_AFTER_SECONDS) -> None:
    """Close this process's stalled connections to `port` from now on; on Linux only."""
    if sys.platform == "linux":
        threading.Thread(target=_watch, args=(port, after_seconds), daemon=True).start()


def _watch(port: int, after_seconds: float) -> None:
    pause = threading.Event()
    while not pause.wait(_LOOK_EVERY_SECONDS):
        if count := cut(port, after_seconds):
            log.warning("slow connections closed", connections=count)


def cut(port: int, after_seconds: float) -> int:
    """Close every connection to `port` on which nothing was sent for so long; returns how many."""
    count = 0
    for entry in list(_OPEN_FILES.iterdir()):
        # It may be closed since the list was made.
        with contextlib.suppress(OSError):
            if stat.S_ISSOCK(entry.stat().st_mode):
                count += _cut(int(entry.name), port, after_seconds)
    return count


def _cut(descriptor: int, port: int, after_seconds: float) -> bool:
    # A copy stays the same connection, even if the number is reused in the meantime.
    with _copy(descriptor) as link:
        if link.family not in {socket.AF_INET, socket.AF_INET6} or link.getsockname()[1] != port:
            return False
        info = link.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO_BYTES)
        (milliseconds,) = _LAST_SENT.unpack_from(info)
        if info[0] != _ESTABLISHED or milliseconds < after_seconds * 1000:
            return False
        link.shutdown(socket.SHUT_RDWR)
        return True


def _copy(descriptor: int) -> socket.socket:
    number = os.dup(descriptor)
    try:
        return socket.socket(fileno=number)
    except OSError:
        os.close(number)
        raise
