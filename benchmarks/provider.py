"""The cheap provider in a process of its own, and what it was asked to send."""

import contextlib
import json
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks import bench
from proving.faults.server import free_port


@dataclass(frozen=True, slots=True)
class Call:
    """One message as it came to the provider: when (monotonic seconds), to whom, and what."""

    at: float
    recipient: str
    body: str


@dataclass(frozen=True, slots=True)
class Provider:
    """The one that runs at `url`."""

    url: str

    def calls(self) -> list[Call]:
        """What it has taken, in the order of arrival."""
        with urllib.request.urlopen(f"{self.url}/calls", timeout=60) as answer:
            return [Call(*each) for each in json.load(answer)]

    def check(self, messages: int) -> None:
        """Raise unless every message came once, and each contact's in order."""
        calls = self.calls()
        numbers: defaultdict[str, list[int]] = defaultdict(list)
        for call in calls:
            numbers[call.recipient].append(int(call.body.rpartition(" ")[2]))
        if len(calls) != messages or len({call.body for call in calls}) != messages:
            raise RuntimeError(f"{messages} messages, {len(calls)} calls to the provider")
        if mixed := [who for who, sent in numbers.items() if sent != sorted(sent)]:
            raise RuntimeError(f"{len(mixed)} contacts got messages out of order")


@contextlib.contextmanager
def running(delay: float = 0.0) -> Iterator[Provider]:
    """The provider, which answers after `delay` seconds."""
    port = free_port()
    command = f"python -m benchmarks.cheap_provider --port {port} --delay {delay}"
    with bench.process(command, bench.environment("")):
        bench.wait_for_port(port)
        yield Provider(f"http://127.0.0.1:{port}")
