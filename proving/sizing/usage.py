"""What processes use: CPU seconds and memory of a process and all that descend from it.

Read from /proc, so it is Linux only.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from proving.faults.growth import megabytes
from proving.faults.processes import family_of

_TICKS = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Family:
    """The processes of one stage, by the pid of the first. `workers` of them do the work."""

    pid: int
    workers: int = 1

    @property
    def cpu_seconds(self) -> float:
        """What they used so far, those that have ended included."""
        return sum(map(cpu_seconds, family_of(self.pid)))

    @property
    def megabytes(self) -> float:
        """Resident memory of the largest of them."""
        return megabytes(self.pid)


@dataclass(frozen=True, slots=True)
class Machine:
    """CPU seconds of the whole machine so far: all of them, and those that nobody used."""

    all_seconds: float
    idle_seconds: float


def machine() -> Machine:
    """Read it now."""
    words = (_PROC / "stat").read_text().partition("\n")[0].split()[1:9]
    seconds = [int(word) / _TICKS for word in words]
    # The fourth and fifth are idle, and idle while a disk is waited for.
    return Machine(sum(seconds), seconds[3] + seconds[4])


def is_readable() -> bool:
    """Whether this system tells."""
    return (_PROC / "self" / "stat").exists()


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0))


def cpu_seconds(pid: int) -> float:
    """What one process and its ended children used so far; 0.0 once it is gone."""
    try:
        # The second word is a name in brackets that may hold blanks.
        words = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    # User and system time, and the same of children that have ended.
    return sum(map(int, words[11:15])) / _TICKS
