"""Processes that tests start: whether one runs, and a check that none is left at the end."""

import ctypes
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from proving.faults.processes import family_of

_PR_SET_CHILD_SUBREAPER = 36
_ENDS_WITHIN_SECONDS = 5.0
# Python's own, which ends with the process that uses multiprocessing.
_EXPECTED = "multiprocessing.resource_tracker"


def is_running(pid: int) -> bool:
    """Whether a process runs: one that has ended is not, even if nobody has waited for it yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@contextmanager
def none_left() -> Iterator[None]:
    """Raise AssertionError when a process that was started in the block is still running.

    Linux only. A process whose parent has ended becomes a child of this one, so it is found.
    """
    if sys.platform != "linux":
        yield
        return
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    before = set(family_of(os.getpid()))
    yield
    deadline = time.monotonic() + _ENDS_WITHIN_SECONDS
    while (left := _running_since(before)) and time.monotonic() < deadline:
        time.sleep(0.05)
    for pid in left:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert not left, "\n".join(["tests left processes running:", *left.values()])


def _running_since(before: set[int]) -> dict[int, str]:
    """What each descendant of this process that was not there before is, by its id."""
    new = (pid for pid in family_of(os.getpid()) if pid not in before and is_running(pid))
    return {pid: line for pid in new if (line := _description(pid))}


def _description(pid: int) -> str:
    """Command and folder of a process; "" if it is expected, or has ended."""
    folder = Path(f"/proc/{pid}")
    try:
        command = folder.joinpath("cmdline").read_bytes().replace(b"\0", b" ").decode()
        return "" if _EXPECTED in command else f"{command}in {folder.joinpath('cwd').readlink()}"
    except (FileNotFoundError, ProcessLookupError):
        return ""
