"""Stalled connections: one that gets no answer for long is cut, whatever it waits for.

The web server bounds how long a header may take and how long a connection may idle, but neither a
body that comes byte by byte nor an answer that nobody reads, and both hold a thread. The kernel
knows when a connection last sent something, and a request is answered within seconds.
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

# Twilio gives a webhook up after 15 s, and a page or an export that takes longer still sends.
CUT_AFTER_SECONDS = 15.0
_LOOK_EVERY_SECONDS = 1.0
_OPEN_FILES = Path("/proc/self/fd")
# tcpi_last_data_sent of Linux's struct tcp_info (linux/tcp.h), in milliseconds; of a connection
# that has sent nothing it counts from when it was made.
_LAST_SENT = struct.Struct("@44xI")
_TOLD_BYTES = 104
_ESTABLISHED = 1


def watch(port: int, *, after_seconds: float = CUT_AFTER_SECONDS) -> None:
    """Cut this process's stalled connections to `port` from now on; only Linux can tell them."""
    if sys.platform == "linux":
        threading.Thread(target=_watch, args=(port, after_seconds), daemon=True).start()


def _watch(port: int, after_seconds: float) -> None:
    pause = threading.Event()
    while not pause.wait(_LOOK_EVERY_SECONDS):
        if count := cut(port, after_seconds):
            log.warning("connections cut: too slow", connections=count)


def cut(port: int, after_seconds: float) -> int:
    """Cut every connection to `port` on which we have sent nothing for so long; how many."""
    count = 0
    for entry in list(_OPEN_FILES.iterdir()):
        # One that was closed since the list was made is no matter of ours.
        with contextlib.suppress(OSError):
            if stat.S_ISSOCK(entry.stat().st_mode):
                count += _cut(int(entry.name), port, after_seconds)
    return count


def _cut(descriptor: int, port: int, after_seconds: float) -> bool:
    # Whatever its number may stand for meanwhile, a copy stays the same thing to its end.
    with _copy(descriptor) as link:
        if link.family not in {socket.AF_INET, socket.AF_INET6} or link.getsockname()[1] != port:
            return False
        told = link.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TOLD_BYTES)
        (milliseconds,) = _LAST_SENT.unpack_from(told)
        if told[0] != _ESTABLISHED or milliseconds < after_seconds * 1000:
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
