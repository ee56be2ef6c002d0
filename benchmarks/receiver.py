"""The receiver under 64 connections: signed webhooks a second, and the slow end of the answers.

Parley commits the row before it answers; the textbook publishes a Celery message. Both run under
granian with two processes of 64 threads.
"""

import asyncio
import contextlib
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from sqlalchemy import text
from twilio.request_validator import RequestValidator

from benchmarks import bench
from pipeline.database import Database
from pipeline.records import upgrading

CONNECTIONS = 64
WARM_UP = 200


@dataclass(frozen=True)
class Figures:
    """One run: requests a second, and milliseconds to an answer."""

    rate: float
    median_ms: float
    p99_ms: float


def parley(requests: int) -> Figures:
    """Parley's receiver."""
    with bench.fresh_database() as url:
        database = Database(url.replace("postgresql://", "postgresql+psycopg://"))
        with database.write() as connection:
            upgrading.upgrade(connection)
        database.close()
        port = bench.free_port()
        env = bench.environment(url, PROVIDER="twilio", PORT=str(port), PUBLIC_URL=_public(port))
        with bench.process(bench.procfile("web"), env):
            figures = _load(port, requests)
        with bench.engine(url).connect() as connection:
            rows = connection.execute(text("SELECT count(*) FROM inbox")).scalar_one()
            if rows != requests + WARM_UP:
                raise RuntimeError(f"{requests + WARM_UP} acknowledged, {rows} rows")
        return figures


def textbook(requests: int) -> Figures:
    """The textbook's receiver on the same server."""
    with bench.fresh_database() as url:
        port = bench.free_port()
        env = bench.environment(url, PUBLIC_URL=_public(port))
        command = (
            "granian --interface wsgi --workers 2 --blocking-threads 64 "
            f"--host 127.0.0.1 --port {port} benchmarks.textbook:app"
        )
        with bench.process(command, env):
            return _load(port, requests)


def _public(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def _load(port: int, requests: int) -> Figures:
    bench.wait_for_port(port)
    asyncio.run(_drive(port, _requests(port, "warm", WARM_UP)))
    prepared = _requests(port, "run", requests)
    started = time.perf_counter()
    seconds = sorted(asyncio.run(_drive(port, prepared)))
    rate = requests / (time.perf_counter() - started)
    p99 = seconds[int(len(seconds) * 0.99)]
    return Figures(rate, statistics.median(seconds) * 1000, p99 * 1000)


def _requests(port: int, name: str, count: int) -> list[bytes]:
    validator = RequestValidator(bench.TOKEN)
    url = f"{_public(port)}/webhooks/twilio"
    prepared = []
    for number in range(count):
        form = {
            "MessageSid": f"SM{name}{number:026}",
            "AccountSid": bench.ACCOUNT,
            "From": f"+1415{number % 5000:07}",
            "To": "+15550100",
            "Body": f"message {number}",
            "NumMedia": "0",
        }
        body = urlencode(form)
        head = (
            f"POST /webhooks/twilio HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"X-Twilio-Signature: {validator.compute_signature(url, form)}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        prepared.append((head + body).encode())
    return prepared


async def _drive(port: int, prepared: list[bytes]) -> list[float]:
    waiting = iter(prepared)
    seconds: list[float] = []
    await asyncio.gather(*(_connection(port, waiting, seconds) for _ in range(CONNECTIONS)))
    return seconds


async def _connection(port: int, waiting: Iterator[bytes], seconds: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with contextlib.closing(writer):
        for request in waiting:
            started = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(head.decode())
            length = next(
                int(line.split(b":")[1])
                for line in head.lower().split(b"\r\n")
                if line.startswith(b"content-length:")
            )
            await reader.readexactly(length)
            seconds.append(time.perf_counter() - started)
