"""Processes under test: started as the Procfile says, watched through their logs, ended by pid."""

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).parents[2]
Found = TypeVar("Found")


def eventually(condition: Callable[[], Found], within_seconds: float = 10.0) -> Found:
    """What `condition` answers as soon as that is true; fails when it is not in time."""
    deadline = time.monotonic() + within_seconds
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_seconds:g} s; at last: {found!r}")
        time.sleep(0.02)
    return found


def family_of(pid: int) -> list[int]:
    """A process and all that descend from it, parents first."""
    table = subprocess.run(["/bin/ps", "-eo", "pid=,ppid="], capture_output=True, check=True).stdout
    pairs = [tuple(map(int, line.split())) for line in table.splitlines()]
    family = [pid]
    for parent in family:
        family += [child for child, its_parent in pairs if its_parent == parent]
    return family


def procfile() -> dict[str, list[str]]:
    """The command of each line of the Procfile, so that tests start what operators start."""
    # An installed package has its copy next to the commands.
    packaged = ROOT / "parley" / "Procfile"
    path = packaged if packaged.exists() else ROOT / "Procfile"
    lines = path.read_text().splitlines()
    named = (line.partition(":") for line in lines if line and not line.startswith("#"))
    return {name: shlex.split(command) for name, _, command in named}


class Process:
    """One command in a process group of its own; what it prints goes to `log`."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        path = f"{Path(sys.executable).parent}:{os.defpath}:/usr/local/bin"
        with log.open("wb") as output:
            self._popen = subprocess.Popen(
                command,
                # Not the repository, where an .env of the developer may lie.
                cwd=log.parent,
                # The bot under proof may lie where the command was given.
                env={
                    "PATH": path,
                    "PYTHONPATH": f"{ROOT}:{Path.cwd()}",
                    "PYTHONUNBUFFERED": "1",
                    **environment,
                },
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.log = log

    @property
    def pid(self) -> int:
        """The main process; its children are in its group."""
        return self._popen.pid

    @property
    def is_running(self) -> bool:
        """Whether the main process lives."""
        return self._popen.poll() is None

    @property
    def last_output(self) -> str:
        """The last lines of its log, without Celery's long greeting."""
        text = self.log.read_text("utf-8", "replace")
        return "\n".join(text.rpartition(" ready.")[2].splitlines()[-40:])

    def says(self, words: str) -> bool:
        """Whether it printed these words; fails if it has ended."""
        text = self.log.read_text("utf-8", "replace")
        assert words in text or self.is_running, f"{self.log.name} has ended:\n{self.last_output}"
        return words in text

    def tell(self, number: signal.Signals) -> None:
        """Signal the main process only, as a supervisor does."""
        self._popen.send_signal(number)

    def tell_all(self, number: signal.Signals) -> None:
        """Signal the whole group."""
        os.killpg(self.pid, number)

    def stop(self, number: signal.Signals, *, within_seconds: float) -> float:
        """Signal it and wait for its end; the seconds that took."""
        started = time.monotonic()
        self.tell(number)
        self._popen.wait(within_seconds)
        return time.monotonic() - started

    def kill(self) -> None:
        """kill -9 of the whole group, at once."""
        if self.is_running:
            self.tell_all(signal.SIGKILL)
            self._popen.wait(5)
