"""What every benchmark needs: processes that start, are looked at and end, and a while to wait."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parent.parent
ACCOUNT, TOKEN = "AC00000000000000000000000000000000", "benchmark-token"
OUR_NUMBER = "+15550100"
LIMIT_SECONDS = 120.0
_LAST_BYTES = 4000


def redis_url() -> str:
    """The Redis database of the benchmarks, which is emptied before each measurement."""
    return os.environ.get("BENCH_REDIS_URL", "redis://127.0.0.1:6379/7")


def environment(database_url: str, **more: str) -> dict[str, str]:
    """The settings of every process of a run."""
    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "DATABASE_URL": database_url,
        "BROKER_URL": redis_url(),
        "BOT": "benchmarks.bots:bot",
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "TWILIO_PHONE_NUMBER": OUR_NUMBER,
        "PUBLIC_URL": "http://127.0.0.1:1",
        "SECRET_KEY": "benchmark-secret-key",
        "LOG_FORMAT": "json",
        **more,
    }


@contextlib.contextmanager
def process(command: str, env: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """One process with its own group, ended at the end of the block; if that fails, its last words
    are shown.
    """
    with tempfile.TemporaryFile() as words:
        started = subprocess.Popen(
            command.split(),
            env=env,
            cwd=ROOT,
            start_new_session=True,
            stdout=words,
            stderr=words,
        )
        try:
            yield started
        except BaseException:
            print(f"{command}\n{_end_of(words)}", file=sys.stderr)
            raise
        finally:
            _end(started)


def _end(started: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        started.terminate()
    try:
        started.wait(15)
    except subprocess.TimeoutExpired:
        os.killpg(started.pid, signal.SIGKILL)
        started.wait(5)


def _end_of(words: IO[bytes]) -> str:
    size = words.seek(0, os.SEEK_END)
    words.seek(max(0, size - _LAST_BYTES))
    return words.read().decode("utf-8", "replace")


def wait_until(is_done: Callable[[], bool], *, pause: float = 0.05) -> float:
    """Seconds until it was done; raises TimeoutError after LIMIT_SECONDS."""
    started = time.perf_counter()
    while not is_done():
        if time.perf_counter() - started > LIMIT_SECONDS:
            raise TimeoutError
        time.sleep(pause)
    return time.perf_counter() - started


def wait_for_port(port: int) -> None:
    """Return once a web server answers there."""

    def answers() -> bool:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1)
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    wait_until(answers, pause=0.01)


def run(command: Sequence[str], env: dict[str, str]) -> None:
    """Run a command to its end; raises CalledProcessError when it fails."""
    subprocess.run(command, env=env, cwd=ROOT, check=True, timeout=LIMIT_SECONDS)
