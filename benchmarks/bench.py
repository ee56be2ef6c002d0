"""What every benchmark needs: a fresh database, processes that end, and medians."""

import contextlib
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import redis
from sqlalchemy import Engine, create_engine, text

ROOT = Path(__file__).parent.parent
SERVER = os.environ.get("BENCH_POSTGRESQL_URL", "postgresql://root@127.0.0.1:5432/test")
REDIS = os.environ.get("BENCH_REDIS_URL", "redis://127.0.0.1:6379/7")
ACCOUNT, TOKEN = "AC00000000000000000000000000000000", "benchmark-token"
LIMIT_SECONDS = 300.0


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def fresh_database() -> Iterator[str]:
    """A new, empty PostgreSQL database, dropped afterwards; and an empty Redis."""
    name = f"parley_bench_{uuid.uuid4().hex[:8]}"
    admin = create_engine(
        SERVER.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT"
    )
    redis.Redis.from_url(REDIS).flushdb()
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield SERVER.rsplit("/", 1)[0] + f"/{name}"
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()


def engine(url: str) -> Engine:
    """A SQLAlchemy engine for looking at results."""
    return create_engine(url.replace("postgresql://", "postgresql+psycopg://"))


def environment(database_url: str, **more: str) -> dict[str, str]:
    """The settings of every process of a run."""
    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "DATABASE_URL": database_url,
        "BROKER_URL": REDIS,
        "BOT": "benchmarks.bots:bot",
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "TWILIO_PHONE_NUMBER": "+15550100",
        "SECRET_KEY": "benchmark-secret-key",
        "LOG_FORMAT": "json",
        **more,
    }


@contextlib.contextmanager
def process(command: str, env: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """One process with its own group, ended at the end of the block."""
    started = subprocess.Popen(
        command.split(),
        env=env,
        cwd=ROOT,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield started
    finally:
        with contextlib.suppress(ProcessLookupError):
            started.terminate()
        try:
            started.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(started.pid, signal.SIGKILL)
            started.wait(5)


def procfile(name: str) -> str:
    """The command of a process, as ops start it."""
    for line in (ROOT / "Procfile").read_text().splitlines():
        if line.startswith(f"{name}: "):
            return line.removeprefix(f"{name}: ")
    raise LookupError(name)


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

    wait_until(answers)


def median(values: Sequence[float]) -> float:
    """The middle one: these machines are noisy."""
    return statistics.median(values)


def run(command: Sequence[str], env: dict[str, str]) -> None:
    """Run a command to its end; raises CalledProcessError when it fails."""
    subprocess.run(command, env=env, cwd=ROOT, check=True, timeout=LIMIT_SECONDS)
