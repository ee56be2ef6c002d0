"""The memory of processes, as Linux tells it."""

from dataclasses import dataclass
from pathlib import Path

from proving.faults.processes import family_of

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Memory:
    """MB of one process: `pss` shares out what it has in common with others, `rss` does not."""

    pss: float
    rss: float


def largest_of(pid: int) -> Memory:
    """The largest process of that one and its descendants."""
    return max((_of(each) for each in family_of(pid)), key=lambda memory: memory.pss)


def _of(pid: int) -> Memory:
    lines = (_PROC / str(pid) / "smaps_rollup").read_text().splitlines()[1:]
    fields = dict(line.split(":") for line in lines)
    pss, rss = (int(fields[name].split()[0]) / 1024 for name in ("Pss", "Rss"))
    return Memory(pss, rss)
