"""A provider that keeps what it is given and answers what a test tells it to."""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Self

from pipeline.errors import OutcomeUnknown, SendError
from pipeline.messages import Accepted, Inbound, Outbound, StatusCallback
from pipeline.providers.base import Found, Provider, Webhook
from pipeline.providers.simulator.provider import Simulator

Answer = Accepted | SendError
LIMITS = Simulator.limits


class Post(Provider):
    """A provider without webhooks. `answers` are given in turn, then everything is accepted.

    `on_send` is called before an answer, as if time passed or somebody interfered. `has` is what
    `find` comes upon: None means that it cannot look. `missed` is what a pull brings.
    """

    name = "post"
    routes = ()
    limits = LIMITS
    our_numbers: Sequence[str] = ()

    @classmethod
    def create(cls, settings: object) -> Self:  # noqa: ARG003 (it needs none)
        return cls()

    def __init__(self, *answers: Answer) -> None:
        self.sent: list[Outbound] = []
        self.answers = deque(answers)
        self.on_send: Callable[[Outbound], None] = _nothing
        self.has: list[Found] | None = []
        self.looked_for: list[tuple[str, datetime]] = []
        self.missed: list[Inbound] = []
        self.asked: list[tuple[datetime, Sequence[str]]] = []
        self._lock = threading.Lock()

    @property
    def bodies(self) -> list[str]:
        return [outbound.body for outbound in self.sent]

    def verify(self, webhook: Webhook) -> None:
        """Trusts everybody."""

    def inbound(self, webhook: Webhook) -> Inbound:
        raise NotImplementedError

    def status_callback(self, webhook: Webhook) -> StatusCallback:
        raise NotImplementedError

    def send(self, outbound: Outbound) -> Accepted:
        with self._lock:
            self.sent.append(outbound)
            answer = self.answers.popleft() if self.answers else None
            number = len(self.sent)
        self.on_send(outbound)
        if isinstance(answer, SendError):
            raise answer
        return answer or Accepted(f"SM{number}")

    def is_hopeless(self, error_code: str, *, is_changed: bool) -> bool:  # noqa: ARG002 (the contract's signature)
        return error_code == "hopeless"

    def is_opt_out(self, error_code: str) -> bool:
        return error_code == "21610"

    def find(self, outbound: Outbound, since: datetime) -> Sequence[Found]:
        self.looked_for.append((outbound.message_id, since))
        if self.has is None:
            raise OutcomeUnknown("The list is not to be had.")
        return self.has

    def inbound_since(self, since: datetime, numbers: Sequence[str]) -> Iterator[Inbound]:
        self.asked.append((since, numbers))
        return iter(self.missed)


def _nothing(outbound: Outbound) -> None:
    """Nothing happens on the way."""
