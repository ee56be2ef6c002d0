"""A clock that jumps: what is preloaded into a process, and tells it another time.

Debian's libfaketime will not do: its version 0.9.10 refuses the absolute monotonic sleeps of
Python 3.11 and later.
"""

import shutil
import subprocess
from pathlib import Path

from proving.faults.server import ServerMissing

# Wall clocks only: monotonic ones do not jump on a real machine either.
_SOURCE = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long ahead(void)
{
    char text[32] = {0};
    const char *path = getenv("FAKE_CLOCK");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0)
        return 0;
    ssize_t size = read(file, text, sizeof text - 1);
    close(file);
    return size > 0 ? atol(text) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int failed = syscall(SYS_clock_gettime, clock, now);
    if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += ahead();
    return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    (void)zone;
    struct timespec exact;
    int failed = clock_gettime(CLOCK_REALTIME, &exact);
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return failed;
}

time_t time(time_t *now)
{
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    if (now)
        *now = exact.tv_sec;
    return exact.tv_sec;
}
"""


class FakeClock:
    """The wall clock of the processes that start with `environment`; `folder` is its own."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._path = folder / "seconds-ahead"
        self.environment = {
            "LD_PRELOAD": str(_compiled(folder)),
            "FAKE_CLOCK": str(self._path),
        }
        self.set(0)

    def set(self, hours: float) -> None:
        """So many hours ahead of the machine, from now on."""
        new = self._path.with_suffix(".new")
        new.write_text(f"{hours * 3600:.0f}\n")
        new.replace(self._path)


def _compiled(folder: Path) -> Path:
    compiler = shutil.which("cc")
    if not compiler:
        raise ServerMissing("A C compiler is not installed, and a clock that jumps needs one.")
    source, library = folder / "clock.c", folder / "clock.so"
    source.write_text(_SOURCE)
    command = [compiler, "-shared", "-fPIC", "-O2", "-o", str(library), str(source)]
    subprocess.run(command, check=True, capture_output=True)
    return library
