"""The load of a bench: signed webhooks over kept connections, all at once or so many a second."""

import http.client
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import urlencode

from pipeline.errors import ParleyError
from proving.faults.fake_twilio.webhooks import Form, signed_headers

CONNECTIONS = 32
# A busy receiver says 503 and the provider tries again; a bench that waits longer finds nothing.
_TRIES = 20
_PAUSE_SECONDS = 0.2
_TIMEOUT_SECONDS = 15.0


class CannotBench(ParleyError):
    """What was asked for is not there, or the install could not do it."""


@dataclass(frozen=True, slots=True)
class Post:
    """One webhook, signed before anything is measured."""

    path: str
    body: bytes
    headers: dict[str, str]


@dataclass(slots=True)
class Responses:
    """What came of posts: when each was begun, monotonic seconds, and how long its answer took."""

    began_at: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    refused: int = 0


def signed(public_url: str, path: str, form: Form) -> Post:
    """A form for a path, signed as Twilio does."""
    headers = signed_headers(public_url + path, form)
    return Post(path, urlencode(form, doseq=True).encode(), headers)


class Clients:
    """Connections to the web process at a port of this machine, each kept open."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._local = threading.local()
        self._lines = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="phone")

    def at_once(self, posts: Sequence[Post]) -> Responses:
        """Post all, as quickly as they are answered."""
        return self._posted(posts, 0.0)

    def at_rate(self, posts: Sequence[Post], per_second: float) -> Responses:
        """Post them in turn, so many a second."""
        return self._posted(posts, 1 / per_second)

    def close(self) -> None:
        """End the threads."""
        self._lines.shutdown()

    def _posted(self, posts: Sequence[Post], every_seconds: float) -> Responses:
        responses = Responses([0.0] * len(posts), [0.0] * len(posts))
        started = time.monotonic()
        calls = []
        for number, post in enumerate(posts):
            if every_seconds:
                time.sleep(max(0.0, started + number * every_seconds - time.monotonic()))
            calls.append(self._lines.submit(self._post, responses, number, post))
        for call in calls:
            call.result()
        return responses

    def _post(self, responses: Responses, number: int, post: Post) -> None:
        responses.began_at[number] = began = time.monotonic()
        status = 0
        for _ in range(_TRIES):
            status = self._try(post)
            if status == 200:
                responses.seconds[number] = time.monotonic() - began
                return
            # 0 is a connection that the server has ended as idle; the next try opens it again.
            responses.refused += status != 0
            time.sleep(_PAUSE_SECONDS if status else 0)
        raise CannotBench(f"A webhook was answered {status} {_TRIES} times, and not 200.")

    def _try(self, post: Post) -> int:
        connection = self._connection()
        try:
            connection.request("POST", post.path, post.body, post.headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            return 0
        return answer.status

    def _connection(self) -> http.client.HTTPConnection:
        if not hasattr(self._local, "connection"):
            self._local.connection = http.client.HTTPConnection(
                "127.0.0.1", self._port, timeout=_TIMEOUT_SECONDS
            )
        connection: http.client.HTTPConnection = self._local.connection
        return connection
