"""Growth: what a long run leaves behind in memory, open files, tables and the broker."""

import statistics
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from proving.faults.processes import family_of
from proving.faults.run import Run

# Of one process, between the first look and the last.
MORE_MEGABYTES = 25.0
MORE_FILES = 30
_DEAD = text(
    "SELECT coalesce(sum(n_dead_tup), 0), coalesce(sum(pg_total_relation_size(relid)), 0) "
    "FROM pg_stat_user_tables"
)


@dataclass(frozen=True, slots=True)
class Look:
    """What there was at one moment, for each line of the Procfile."""

    megabytes: dict[str, float]
    files: dict[str, int]
    dead_rows: int
    database_megabytes: float
    broker_keys: int


class Growth:
    """Looks twice at a run on PostgreSQL and Redis, and fails where something grew."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._before: Look | None = None

    def begin(self) -> None:
        """The first look, once everything is warm."""
        self._before = self._look()
        self._run.record(f"looked: {self._before}")

    def end(self) -> None:
        """The last look."""
        before, after = self._before, self._look()
        self._run.record(f"looked: {after}")
        assert before
        for line, megabytes in after.megabytes.items():
            grown = megabytes - before.megabytes[line]
            assert grown < MORE_MEGABYTES, f"{line} grew by {grown:.0f} MB: {before} {after}"
            more = after.files[line] - before.files[line]
            assert more < MORE_FILES, f"{line} has {more} more open files: {before} {after}"
        assert after.broker_keys < 50, f"Redis holds {after.broker_keys} keys"

    def _look(self) -> Look:
        lines = {process.log.stem: process.pid for process in self._run.stack.lines()}
        with self._run.stack.database.read() as connection:
            dead, size = connection.execute(_DEAD).one()
        with self._run.servers.redis.client as client:
            keys = client.dbsize()
        return Look(
            {line: megabytes(pid) for line, pid in lines.items()},
            {line: _files(pid) for line, pid in lines.items()},
            int(dead),
            round(int(size) / 2**20, 1),
            int(str(keys)),
        )


def megabytes(pid: int) -> float:
    """Resident memory of the largest process of a family: what one of them may grow by counts."""
    return max(_resident(member) for member in family_of(pid))


def _resident(pid: int) -> float:
    try:
        words = Path(f"/proc/{pid}/statm").read_text().split()
    except FileNotFoundError:
        return 0.0
    return int(words[1]) * 4096 / 2**20


def _files(pid: int) -> int:
    counts = [len(list(Path(f"/proc/{member}/fd").iterdir())) for member in family_of(pid)]
    return int(statistics.fmean(counts)) if counts else 0
