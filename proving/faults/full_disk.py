"""A small disk of its own for the SQLite file of a run, to be filled."""

import errno
import shutil
import subprocess
from io import FileIO
from typing import Self

from proving.faults.server import ServerMissing
from proving.faults.stack import Stack

_MEGABYTES = 24


class FullDisk:
    """A file system in memory under the database of a stack that has not started yet."""

    def __init__(self, stack: Stack) -> None:
        self._file = stack.folder / "parley.db"
        self._folder = stack.folder / "disk"
        self._ballast = self._folder / "ballast"

    def __enter__(self) -> Self:
        self._folder.mkdir()
        mount = [
            "/bin/mount",
            "-t",
            "tmpfs",
            "-o",
            f"size={_MEGABYTES}m",
            "tmpfs",
            str(self._folder),
        ]
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ServerMissing(f"This needs the right to mount a disk: {done.stderr.strip()}")
        shutil.move(self._file, self._folder)
        # SQLite keeps its journal next to the file that the link points to.
        self._file.symlink_to(self._folder / "parley.db")
        return self

    def __exit__(self, *_: object) -> None:
        self.free()
        subprocess.run(["/bin/umount", "--lazy", str(self._folder)], check=False)

    def fill(self) -> None:
        """Leave no byte free."""
        with self._ballast.open("wb", buffering=0) as ballast:
            for size in (65536, 512, 1):
                _write_until_full(ballast, size)

    def free(self) -> None:
        """There is room again."""
        self._ballast.unlink(missing_ok=True)


def _write_until_full(ballast: FileIO, size: int) -> None:
    try:
        while True:
            ballast.write(b"x" * size)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
