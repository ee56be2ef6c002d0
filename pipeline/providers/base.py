"""What every provider does: check and read its webhooks, send, and look up what it has.

web/webhooks.py hands in a Webhook, pipeline/dispatch.py an Outbound; neither knows the provider.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pipeline.messages import Accepted, Inbound, Outbound, StatusCallback


@dataclass(frozen=True, slots=True, repr=False)
class Webhook:
    """One HTTP request of a provider, free of any web framework.

    `url` is what the provider called: PUBLIC_URL, the path and the raw query. `form` keeps several
    values of one name; the names of `headers` are in lower case.
    """

    url: str
    form: Mapping[str, list[str]]
    headers: Mapping[str, str]
    query: Mapping[str, str]

    def __repr__(self) -> str:
        """Without the form, so that no log can hold a body or a number."""
        return f"Webhook({self.url})"


@dataclass(frozen=True, slots=True)
class Found:
    """A message that the provider has and that may be the one we look for."""

    provider_id: str
    status: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class File:
    """A file that a provider keeps, opened and not yet read. Whoever opened it calls `close`.

    `length` is None where the provider does not tell. Reading raises MediaUnavailable.
    """

    content_type: str
    length: int | None
    chunks: Iterator[bytes]
    close: Callable[[], None]


class Provider(Protocol):
    """One way to reach contacts. Every method may be called from several threads at once."""

    @property
    def name(self) -> str:
        """The word in PROVIDER and in the records."""

    def verify(self, webhook: Webhook) -> None:
        """Raise SignatureRejected unless the provider itself made this request."""

    def inbound(self, webhook: Webhook) -> Inbound:
        """The message in a webhook. Raises WebhookRejected that names the field at fault."""

    def status_callback(self, webhook: Webhook) -> StatusCallback:
        """The status callback in a webhook. Raises WebhookRejected likewise."""

    def send(self, outbound: Outbound) -> Accepted:
        """Hand one message over. Raises only subclasses of SendError: the class decides."""

    def is_hopeless(self, error_code: str, *, is_changed: bool) -> bool:
        """Whether what failed with this code would fail again; `is_changed`: with other words."""

    def is_opt_out(self, error_code: str) -> bool:
        """Whether this code says that the contact wants nothing from this sender."""

    def find(self, outbound: Outbound, since: datetime) -> Sequence[Found]:
        """Messages like this one that the provider made since then, newest first.

        They are candidates: the caller rules out those it knows. Raises SendError if it cannot
        look.
        """

    def inbound_since(self, since: datetime, numbers: Sequence[str]) -> Iterator[Inbound]:
        """What contacts sent to our `numbers` since then, oldest first, with the same ids as in
        webhooks. Raises SendError if it cannot look.
        """

    def media(self, url: str) -> File | None:
        """The file that came with a message; None for an address that is not the provider's own,
        which is never called. Raises MediaUnavailable.
        """

    def check(self) -> list[str]:
        """What is wrong with the account, one line each with how to mend it; [] when fine."""
