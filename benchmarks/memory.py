"""The memory of processes, as Linux tells it."""

from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Memory:
    """MB of one process: `pss` shares out what it has in common with others, `rss` does not."""

    pss: float
    rss: float


def largest_of(pid: int) -> Memory:
    """The largest process of that one and its descendants."""
    return max((_of(each) for each in [pid, *_descendants(pid)]), key=lambda memory: memory.pss)


def _of(pid: int) -> Memory:
    lines = (_PROC / str(pid) / "smaps_rollup").read_text().splitlines()[1:]
    fields = dict(line.split(":") for line in lines)
    pss, rss = (int(fields[name].split()[0]) / 1024 for name in ("Pss", "Rss"))
    return Memory(pss, rss)


def _descendants(pid: int) -> list[int]:
    children = [
        int(child)
        for task in (_PROC / str(pid) / "task").iterdir()
        for child in (task / "children").read_text().split()
    ]
    return children + [it for child in children for it in _descendants(child)]
