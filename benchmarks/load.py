"""The load on a receiver: signed webhooks over kept connections, as many as it takes or paced.

One process and no stream objects, so that it leaves the machine to what is measured.
"""

import asyncio
import random
import time
from collections.abc import Iterator, Sequence
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator

from benchmarks import bench

CONNECTIONS = 64
_PACED_CONNECTIONS = 16
_VALIDATOR = RequestValidator(bench.TOKEN)


def requests(port: int, name: str, count: int) -> list[bytes]:
    """That many webhooks of as many contacts; `name` makes their ids differ from others'."""
    return [_request(port, name, number) for number in range(count)]


def _request(port: int, name: str, number: int) -> bytes:
    url = f"http://127.0.0.1:{port}/webhooks/twilio"
    form = {
        "MessageSid": f"SM{name}{number:0{32 - len(name)}}",
        "AccountSid": bench.ACCOUNT,
        "From": f"+1415{number:07}",
        "To": bench.OUR_NUMBER,
        "Body": f"{name} {number}",
        "NumMedia": "0",
    }
    body = urlencode(form)
    head = (
        f"POST /webhooks/twilio HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"X-Twilio-Signature: {_VALIDATOR.compute_signature(url, form)}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return (head + body).encode()


def together(port: int, prepared: Sequence[bytes]) -> list[float]:
    """Send all of them over CONNECTIONS, each next one on an answer; the seconds each took."""
    return asyncio.run(_together(port, prepared))


async def _together(port: int, prepared: Sequence[bytes]) -> list[float]:
    waiting, seconds = iter(prepared), list[float]()
    loop = asyncio.get_running_loop()
    done = []
    for _ in range(CONNECTIONS):
        _, client = await loop.create_connection(
            lambda: Client(waiting, seconds), "127.0.0.1", port
        )
        done.append(client.done)
    await asyncio.gather(*done)
    return seconds


def paced(port: int, prepared: Sequence[bytes], per_second: float) -> list[float]:
    """Send one after another at random moments; the monotonic second at which each was sent."""
    return asyncio.run(_paced(port, prepared, per_second))


async def _paced(port: int, prepared: Sequence[bytes], per_second: float) -> list[float]:
    free: asyncio.LifoQueue[_Line] = asyncio.LifoQueue()
    for _ in range(_PACED_CONNECTIONS):
        free.put_nowait(await asyncio.open_connection("127.0.0.1", port))
    draw, sent_at, running = random.Random(1), list[float](), set[asyncio.Task[None]]()
    at = time.monotonic()
    for request in prepared:
        at += draw.expovariate(per_second)
        await asyncio.sleep(max(0.0, at - time.monotonic()))
        line = await free.get()
        sent_at.append(time.monotonic())
        line[1].write(request)
        running.add(asyncio.create_task(_answered(line, free)))
    await asyncio.gather(*running)
    while not free.empty():
        free.get_nowait()[1].close()
    return sent_at


_Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _answered(line: _Line, free: "asyncio.LifoQueue[_Line]") -> None:
    head = await line[0].readuntil(b"\r\n\r\n")
    _check(head)
    await line[0].readexactly(_length(head))
    free.put_nowait(line)


class Client(asyncio.Protocol):
    """One connection that sends the next of `waiting` as soon as it has an answer."""

    def __init__(self, waiting: Iterator[bytes], seconds: list[float]) -> None:
        self.done = asyncio.get_running_loop().create_future()
        self._waiting = waiting
        self._seconds = seconds
        self._buffer = b""
        self._began = 0.0
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        """Once the answer is whole, send the next."""
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n") + 4
        if end < 4 or len(self._buffer) < end + _length(self._buffer[:end]):
            return
        self._seconds.append(time.perf_counter() - self._began)
        try:
            _check(self._buffer)
        except RuntimeError as error:
            self._end(error)
            return
        self._buffer = b""
        self._next()

    def connection_lost(self, _error: Exception | None) -> None:
        """Not before everything is sent."""
        self._end(RuntimeError("the receiver hung up"))

    def _next(self) -> None:
        request = next(self._waiting, None)
        if request is None:
            self._end(None)
            return
        self._began = time.perf_counter()
        self._transport.write(request)

    def _end(self, error: RuntimeError | None) -> None:
        if not self.done.done():
            if error:
                self.done.set_exception(error)
            else:
                self.done.set_result(None)
        self._transport.close()


def _check(answer: bytes) -> None:
    if not answer.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(answer.decode("utf-8", "replace"))


def _length(head: bytes) -> int:
    _, _, rest = head.lower().partition(b"content-length:")
    return int(rest.partition(b"\r\n")[0] or 0)
