"""The console script as a process of its own, in an empty folder."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlencode

SCRIPT = Path(sys.executable).with_name("parley")


def environment(**settings: str) -> dict[str, str]:
    """Nothing of this process's settings but the path, and these."""
    return {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "COLUMNS": "100"} | settings


def parley(
    folder: Path, *words: str, text: str = "", **settings: str
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [SCRIPT, *words],
        cwd=folder,
        env=environment(**settings),
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(
    folder: Path, *words: str, **settings: str
) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """A command that serves, ready to be called at the port; killed with its children."""
    port = free_port()
    with (folder / "output.txt").open("a") as output:
        process = subprocess.Popen(
            [SCRIPT, *words],
            cwd=folder,
            env=environment(PORT=str(port), **settings),
            stdout=output,
            stderr=output,
            text=True,
            start_new_session=True,
        )
    try:
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/healthz"), 30)
        yield port, process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def answers(url: str) -> bool:
    """Whether a server answers there."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, ConnectionError):
        return False


def text_the_bot(port: int, body: str, number: str = "+15550142") -> None:
    """Send a message as the simulator's webhook."""
    form = urlencode({"From": number, "Body": body}).encode()
    url = f"http://127.0.0.1:{port}/webhooks/simulator"
    with urllib.request.urlopen(url, form, timeout=5) as answer:
        answer.read()


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    """Wait for the condition; AssertionError when it does not come true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
