"""Refused webhooks: how many a provider's URLs refused on each day, why, and what to do."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection

from pipeline.records.stats import tallies

SHOWN_DAYS = 7
_ADVICE: Mapping[str, str] = {
    "signature": (
        "The provider did not sign them. If its messages are missing, PUBLIC_URL is not the"
        " address that it calls, or its auth token has changed. If not, a stranger tried."
    ),
    "sender": "They have no sender's address. Look at the number's settings at the provider.",
    "message_id": "They have no message id. Only the provider may call this URL.",
    "content_type": "Their content type is not the provider's. Only it may call this URL.",
    "too_large": "They are larger than 64 KiB. Only the provider may call this URL.",
    "no_length": "They do not say how long they are. A proxy in front may change requests.",
    "incomplete": "They ended early: the caller or a proxy in front closed the connection.",
}
_OTHER = "They cannot be read. Only the provider may call this URL."


class RefusedWebhooks(NamedTuple):
    """Those of one provider, reason and day (UTC); log lines name them by `id`."""

    provider: str
    reason: str
    day: date
    number: int

    @property
    def id(self) -> str:
        return name_of(self.provider, self.reason, self.day)

    @property
    def advice(self) -> str:
        """What it means, and what an operator can do."""
        return _ADVICE.get(self.reason, _OTHER)


def name_of(provider: str, reason: str, day: date) -> str:
    """The id that log lines have, such as acme-signature-2026-11-28."""
    return f"{provider}-{reason}-{day:%Y-%m-%d}"


def refused(connection: Connection, now: datetime) -> tuple[RefusedWebhooks, ...]:
    """Those of the last days, the latest day first, then the most."""
    since = now.date() - timedelta(days=SHOWN_DAYS)
    found = tallies.of(connection, tallies.REFUSED).items()
    recent = [one for one in (_read(*pair) for pair in found) if one.day > since]
    return tuple(sorted(recent, key=lambda one: (one.day, one.number, one.reason), reverse=True))


def totals(connection: Connection) -> Mapping[tuple[str, str], int]:
    """How many were refused in all, by provider and reason."""
    sums: Counter[tuple[str, str]] = Counter()
    for word, number in tallies.of(connection, tallies.REFUSED).items():
        one = _read(word, number)
        sums[one.provider, one.reason] += number
    return sums


def _read(word: str, number: int) -> RefusedWebhooks:
    provider, reason, day = word.split(" ")
    return RefusedWebhooks(provider, reason, date.fromisoformat(day), number)
