"""Status callbacks as Twilio makes them: signed, tried again as the URL's fragment asks."""

import random
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import urllib3

from proving.faults.fake_twilio.webhooks import retries_of, signed_headers


@dataclass(slots=True)
class CallbackPlan:
    """Which callbacks follow a create. `is_early`: all of them before the create call returns.

    `retry_seconds` pass between two tries of one, which the URL's fragment asks for.
    """

    statuses: tuple[str, ...] = ()
    delay_seconds: float = 0.0
    copies: int = 1
    is_shuffled: bool = False
    is_early: bool = False
    lost: float = 0.0
    retry_seconds: float = 0.2
    error_code: str = ""
    token: str = ""
    seed: int = 1
    public_url: str = ""
    target_url: str = ""


@dataclass(slots=True)
class Sent:
    """One callback that was made: what it said, and the status codes of its answers."""

    provider_id: str
    status: str
    url: str
    answers: list[int] = field(default_factory=list)


class Callbacks:
    """Makes the callbacks of a plan from a few threads."""

    def __init__(self, plan: CallbackPlan, sent: list[Sent] | None = None) -> None:
        self.plan = plan
        # Those of the plans before, too.
        self.sent = [] if sent is None else sent
        self._draw = random.Random(plan.seed)
        self._lock = threading.Lock()
        self._calls: list[Future[None]] = []
        self._pool = urllib3.PoolManager(maxsize=16, timeout=5.0, retries=False)
        self._threads = ThreadPoolExecutor(8, thread_name_prefix="fake-twilio-callback")

    def follow(self, message: dict[str, Any], url: str) -> list[Future[None]]:
        """Start the callbacks of one created message."""
        with self._lock:
            statuses = [s for s in self.plan.statuses for _ in range(self.plan.copies)]
            if self.plan.is_shuffled:
                self._draw.shuffle(statuses)
            statuses = [s for s in statuses if self._draw.random() >= self.plan.lost]
        together = [(s,) for s in statuses] if self.plan.is_shuffled else [tuple(statuses)]
        calls = [self._threads.submit(self._call, message, url, some) for some in together]
        self._calls += calls
        return calls

    def finish(self, within_seconds: float) -> None:
        """Wait for what was started, so long at most."""
        wait(self._calls, within_seconds)

    def close(self) -> None:
        """Let what was started end, and start no more."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        self._pool.clear()

    def _call(self, message: dict[str, Any], url: str, statuses: tuple[str, ...]) -> None:
        for status in statuses:
            time.sleep(self.plan.delay_seconds)
            sent = Sent(message["sid"], status, url)
            self.sent.append(sent)
            self._post(sent, status_form(message, status, self.plan.error_code))

    def _post(self, sent: Sent, form: dict[str, str]) -> None:
        address = sent.url.partition("#")[0]
        target = address
        if self.plan.target_url:
            # The public URL is signed, as through a proxy; the request goes elsewhere.
            target = address.replace(self.plan.public_url, self.plan.target_url, 1)
        body = urlencode(form)
        headers = signed_headers(address, form, self.plan.token)
        end = time.monotonic() + 15
        for pause in (0.0, *[self.plan.retry_seconds] * retries_of(sent.url)):
            time.sleep(pause)
            try:
                answer = self._pool.urlopen("POST", target, body=body, headers=headers).status
            except urllib3.exceptions.HTTPError:
                answer = 0
            sent.answers.append(answer)
            if 200 <= answer < 300 or time.monotonic() > end:
                return


def status_form(message: dict[str, Any], status: str, error_code: str = "") -> dict[str, str]:
    """The form of one status callback."""
    form = {
        "SmsSid": message["sid"],
        "SmsStatus": status,
        "MessageStatus": status,
        "To": message["to"],
        "From": message["from"] or "",
        "MessageSid": message["sid"],
        "AccountSid": message["account_sid"],
        "ApiVersion": "2010-04-01",
    }
    if error_code and status in {"failed", "undelivered"}:
        form["ErrorCode"] = error_code
    return form
