"""A server of a proof: a process on a free port that can be killed, paused and started again."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path

from pipeline.errors import ParleyError
from proving.faults.processes import eventually, family_of

SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin"
_STARTED_WITHIN_SECONDS = 120.0


class ServerMissing(ParleyError):
    """A server that a proof needs is not installed on this machine."""


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


class Server:
    """One server in `folder`. It is started when it is first needed, and again after a kill."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._popen: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True)
        folder.chmod(0o777)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        with (self.folder / "server.log").open("ab") as log:
            self._popen = subprocess.Popen(
                self.command(),
                env={"PATH": SYSTEM_PATH, "HOME": str(self.folder), **self.environment()},
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        eventually(self.answers, _STARTED_WITHIN_SECONDS)

    def kill(self) -> None:
        """kill -9 of every process of it."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Freeze every process of it; its port stays open."""
        self._tell(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it continue."""
        self._tell(signal.SIGCONT)

    @property
    def is_running(self) -> bool:
        """Whether its main process lives."""
        return self._popen is not None and self._popen.poll() is None

    @property
    def pid(self) -> int:
        """Its main process, once it was started."""
        assert self._popen
        return self._popen.pid

    def _end(self, number: signal.Signals) -> None:
        if self._popen and self.is_running:
            self._tell(signal.SIGCONT)
            self._tell(number)
            self._popen.wait(30)

    def _tell(self, number: signal.Signals) -> None:
        # Not by its process group: PostgreSQL gives each of its processes one of its own.
        if self._popen and self.is_running:
            for pid in family_of(self._popen.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)

    def command(self) -> Sequence[str]:
        """What starts it in the foreground."""
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        """Further arguments."""
        return {}

    def answers(self) -> bool:
        """Whether it can be used."""
        raise NotImplementedError


def folder_of(binary: str, where: str = "") -> Path:
    """The folder of a binary: the newest at `where`, or on the path. Raises ServerMissing."""
    found = sorted(Path("/").glob(f"{where.lstrip('/')}/{binary}")) if where else []
    path = str(found[-1]) if found else shutil.which(binary, path=SYSTEM_PATH)
    if not path:
        raise ServerMissing(f"{binary} is not installed, and a proof starts one of its own.")
    return Path(path).parent
