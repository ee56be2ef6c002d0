"""The provider of a bench: the fake Twilio in its own process, with a response time."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import urllib3

from proving.faults.fake_twilio import FakeTwilio
from proving.faults.fake_twilio.messages import Create
from proving.faults.processes import Process, eventually
from proving.faults.server import free_port

_STARTED_WITHIN_SECONDS = 30.0


class Provider:
    """Started at once; `fake` tells a Stack where it is, and serves nothing itself."""

    def __init__(self, folder: Path, latency_seconds: float) -> None:
        self.fake = FakeTwilio(port=free_port())
        command = [sys.executable, "-m", "proving.faults.fake_twilio"]
        command += ["--port", str(self.fake.port)]
        self.process = Process(command, {}, folder / "provider.log")
        self._http = urllib3.PoolManager(retries=False, timeout=30.0)
        try:
            eventually(self._answers, _STARTED_WITHIN_SECONDS)
            if latency_seconds:
                self._ask("POST", "knobs", [{"latency_seconds": latency_seconds}])
        except BaseException:
            self.close()
            raise

    def creates(self) -> Sequence[Create]:
        """The messages that it was given since it was last asked to forget."""
        return [Create(**create) for create in self._ask("GET", "messages")]

    def forget(self) -> None:
        """Count from here on."""
        self._ask("DELETE", "messages")

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self._http.clear()

    def _answers(self) -> bool:
        self.process.says("")
        try:
            return bool(self._ask("GET", "count")["creates"] == 0)
        except urllib3.exceptions.HTTPError:
            return False

    def _ask(self, method: str, topic: str, body: object = None) -> Any:
        url = f"{self.fake.url}/_control/{topic}"
        return self._http.request(method, url, json=body).json()
