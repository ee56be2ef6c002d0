"""A provider that keeps a book: what it took and when, and what it was told to answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.errors import (
    ContactOptedOut,
    MessageRefused,
    NotSent,
    OutcomeUnknown,
    SenderBlocked,
    SendError,
)
from pipeline.messages import Accepted, Outbound
from pipeline.providers.base import Found
from tests.provider_for_tests import Post
from tests.stage import Clock

# "answer lost": it takes the message, and nobody hears of it.
TAKING = ("takes", "answer lost")
ERRORS: dict[str, SendError] = {
    "request lost": OutcomeUnknown("Nobody answers."),
    "answer lost": OutcomeUnknown("The line went dead."),
    "busy": NotSent("Too much at once.", slow_down=True),
    "refuses": MessageRefused("No such number.", code="21211"),
    "opted out": ContactOptedOut("The contact said STOP.", code="21610"),
    "blocked": SenderBlocked("The account has no money.", code="20005"),
}
OUTCOMES = ("takes", *ERRORS)


@dataclass(frozen=True, slots=True)
class Take:
    """One time that the provider took a message."""

    outbound: Outbound
    provider_id: str
    at: datetime


class PostOffice(Post):
    """Answers by `outcome`; while `is_blind` it cannot look a message up."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.outcome = "takes"
        self.is_blind = False
        self.takes: list[Take] = []

    def send(self, outbound: Outbound) -> Accepted:
        if self.outcome in TAKING:
            take = Take(outbound, f"SMout{len(self.takes)}", self.clock())
            self.takes.append(take)
        if self.outcome in ERRORS:
            raise ERRORS[self.outcome]
        return Accepted(take.provider_id, segments=1)

    def find(self, outbound: Outbound, since: datetime) -> Sequence[Found]:
        if self.is_blind:
            raise OutcomeUnknown("The list is not to be had.")
        like = (outbound.recipient, outbound.body)
        found = [
            Found(take.provider_id, "sent", take.at)
            for take in self.takes
            if (take.outbound.recipient, take.outbound.body) == like and take.at >= since
        ]
        return found[::-1]
