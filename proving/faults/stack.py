"""A stack: the processes of one install, the settings they share, and what a test asks of them."""

import socket
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any

import urllib3

from pipeline.database import Database
from proving.faults.fake_twilio import FakeTwilio, inbound_form, webhook
from proving.faults.fake_twilio.webhooks import ACCOUNT, OUR_NUMBER, TOKEN
from proving.faults.processes import Process, eventually, procfile

PUBLIC_URL = "https://parley.example"
EVERYTHING = ("web", "converse", "dispatch", "clock")
STARTED_WITHIN_SECONDS = 90.0
RUNNING: list["Stack"] = []


class Stack:
    """One install in `folder`. `settings` are environment variables by their names."""

    def __init__(
        self, folder: Path, fake: FakeTwilio, *, database_url: str, broker_url: str, **settings: str
    ) -> None:
        self.fake = fake
        self.bot_log = folder / "bot.log"
        self.database = Database(database_url)
        self.folder = folder
        self._processes: list[Process] = []
        self._lines: dict[Process, str] = {}
        self._http = urllib3.PoolManager(maxsize=16, retries=False, timeout=15.0)
        self.url = f"http://127.0.0.1:{(port := _free_port())}"
        self.environment = {
            "DATABASE_URL": database_url,
            "BROKER_URL": broker_url,
            "PROVIDER": "twilio",
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_PHONE_NUMBER": OUR_NUMBER,
            "TWILIO_API_BASE_URL": fake.url,
            "PUBLIC_URL": PUBLIC_URL,
            "SECRET_KEY": "a-secret-key-for-tests-0123456789",
            "PORT": str(port),
            "PROVING_NOTES": str(self.bot_log),
            **settings,
        }
        self._token = ""
        self._token_lock = Lock()
        statuses = ("sent", "delivered")
        fake.plan(statuses=statuses, public_url=PUBLIC_URL, target_url=self.url, token=TOKEN)
        RUNNING.append(self)

    def start(self, *names: str) -> list[Process]:
        """Start lines of the Procfile, and wait until each is ready."""
        lines = procfile()
        started = [self.run(name, *lines[name]) for name in names]
        self._lines.update(zip(started, names, strict=True))
        for name, process in zip(names, started, strict=True):
            self.wait_until_ready(name, process)
        return started

    def start_one(self, name: str) -> Process:
        """Start one line of the Procfile, and wait until it is ready."""
        return self.start(name)[0]

    def lines(self) -> list[Process]:
        """The processes of the Procfile's lines that are to run, as they were started last."""
        return list(self._lines)

    def running(self) -> dict[Process, str]:
        """The lines of the Procfile that run, by their names."""
        return {process: name for process, name in self._lines.items() if process.is_running}

    def restart_ended(self) -> None:
        """Start again the lines whose process has ended, without waiting until they are ready."""
        lines = procfile()
        for process, name in list(self._lines.items()):
            if not process.is_running:
                del self._lines[process]
                self._lines[self.run(name, *lines[name])] = name

    def run(self, name: str, *command: str) -> Process:
        """Start a command with the settings of this stack."""
        log = self.folder / f"{name}-{len(self._processes) + 1}.log"
        process = Process(command, self.environment, log)
        self._processes.append(process)
        return process

    def wait_until_ready(self, name: str, process: Process) -> None:
        """Until it answers, or listens to its queue."""
        if name == "web":
            eventually(lambda: process.says("") and self._is_healthy(), STARTED_WITHIN_SECONDS)
        else:
            eventually(lambda: process.says(" ready."), STARTED_WITHIN_SECONDS)

    def stop(self) -> None:
        """End every process at once; how they end when asked to has tests of its own."""
        RUNNING.remove(self)
        for process in self._processes:
            process.kill()
        self.database.close()

    def logs(self) -> str:
        """The end of each process's log."""
        return "\n".join(
            f"--- {process.log.name}\n{process.last_output}" for process in self._processes
        )

    def printed(self) -> dict[str, str]:
        """All that each process of the Procfile printed, by the name of its log."""
        return {
            process.log.name: process.log.read_text("utf-8", "replace")
            for process in self._processes
            # This command prints a token on purpose.
            if not process.log.name.startswith("token-")
        }

    def post(self, **fields: str) -> tuple[int, str]:
        """Post a signed inbound webhook: the status and text of its answer."""
        return self.deliver(inbound_form(**fields))

    def deliver(self, form: Mapping[str, str], *, token: str = TOKEN) -> tuple[int, str]:
        """Post an inbound form as it is, signed with a token."""
        path = "/webhooks/twilio"
        return webhook(self.url + path, form, token=token, signed_url=PUBLIC_URL + path)

    def deliver_until_taken(self, form: Mapping[str, str]) -> None:
        """As Twilio does: post the same form again and again."""
        eventually(lambda: self.deliver(form)[0] == 200, 20)

    def api(self, method: str, path: str, *, key: str = "", **body: Any) -> tuple[int, Any]:
        """Ask the API as an operator: the status and the JSON of the answer."""
        headers = {"Authorization": f"Bearer {self._operator()}"}
        if key:
            headers["Idempotency-Key"] = key
        answer = self._http.request(
            method, f"{self.url}/api/v1{path}", headers=headers, json=body or None
        )
        return answer.status, answer.json()

    def get(self, path: str) -> Any:
        """What the API has there."""
        status, body = self.api("GET", path)
        assert status == 200, body
        return body

    def _operator(self) -> str:
        # Threads share a stack, and a second token of this name is refused.
        with self._token_lock:
            if not self._token:
                process = self.run("token", "parley", "token", "add", "tests", "--role", "operator")
                eventually(lambda: not process.is_running, STARTED_WITHIN_SECONDS)
                self._token = process.log.read_text().strip()
        return self._token

    def _is_healthy(self) -> bool:
        try:
            return self._http.request("GET", f"{self.url}/healthz").status == 200
        except urllib3.exceptions.HTTPError:
            return False


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
