"""The contract of a provider: its settings, its webhooks, sending, and looking up what it has.

web/webhooks.py passes in a Webhook, pipeline/dispatch an Outbound; neither knows the provider.
docs/providers.md says how to add one.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel

from pipeline.conversation.window import Window
from pipeline.messages import Accepted, Inbound, Outbound, StatusCallback

FORM = "application/x-www-form-urlencoded"


def _base_url(url: str) -> str:
    parts = urlsplit(url)
    if url and (parts.scheme not in {"http", "https"} or not parts.hostname):
        raise ValueError("expected https://host, without a path")
    return url.rstrip("/")


BaseUrl = Annotated[str, AfterValidator(_base_url)]


class ProviderSettings(BaseModel):
    """What a provider reads from the environment: a field `acme_token` is ACME_TOKEN.

    The fields join those of the product, so `public_url` is the product's setting, and each name
    starts with the provider's own. `implementation` is "module:class" of its Provider. Set
    `is_production` to False for one that trusts every request.
    """

    implementation: ClassVar[str]
    is_production: ClassVar[bool] = True

    public_url: BaseUrl = ""
    host: str = ""

    def missing(self) -> Mapping[str, str]:
        """The environment names that the provider cannot start without, each with what to do."""
        return {}

    def is_own_host(self, name: str) -> bool:  # noqa: ARG002 (default)
        """Whether a request for this host name is for us; asked where every request is trusted."""
        return True


@dataclass(frozen=True, slots=True, repr=False)
class Webhook:
    """One HTTP request of a provider, free of any web framework.

    `url` is what the provider called: PUBLIC_URL, the path and the raw query. `form` keeps several
    values of one name and is empty unless the body is a form; the names of `headers` are in lower
    case.
    """

    url: str
    form: Mapping[str, list[str]]
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes = b""

    def __repr__(self) -> str:
        """Without the form, so that no log can hold a body or a number."""
        return f"Webhook({self.url})"


class Route(NamedTuple):
    """A URL that a provider calls: its path, and whether it brings a message or a status."""

    path: str
    kind: Literal["message", "status"]


class Setup(NamedTuple):
    """What to enter in the provider's console. `urls` are (label, path and fragment) pairs."""

    instruction: str
    urls: Sequence[tuple[str, str]]
    note: str = ""


@dataclass(frozen=True, slots=True)
class ChannelLimits:
    """What is accepted on one channel: characters and files of a message, and when it may go out.

    Without a `window` free-form messages are accepted at any time.
    """

    longest_body: int
    most_media: int
    window: Window | None = None

    def time_left(self, last_inbound_at: datetime | None, now: datetime) -> timedelta | None:
        """How long free-form messages are still accepted; None where there is no limit."""
        return self.window.time_left(last_inbound_at, now) if self.window else None

    def refusal(self, last_inbound_at: datetime | None, now: datetime) -> str:
        """Why a free-form message is not accepted now; "" if it is."""
        return self.window.refusal(last_inbound_at, now) if self.window else ""


Limits = Mapping[str, ChannelLimits]

# A channel that the provider says nothing about: whatever is sent there, it refuses itself.
UNLIMITED = ChannelLimits(longest_body=1_000_000, most_media=1_000)


@dataclass(frozen=True, slots=True)
class Found:
    """A message that the provider has and that may be the one we look for."""

    provider_id: str
    status: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class File:
    """A file that a provider keeps, opened and not yet read. The caller must call `close`.

    `length` is None where the provider does not say. Reading raises MediaUnavailable.
    """

    content_type: str
    length: int | None
    chunks: Iterator[bytes]
    close: Callable[[], None]


class Provider(ABC):
    """One way to reach contacts. Every method may be called from several threads at once.

    `name` is the word in PROVIDER and in the records. `routes` are the webhooks it calls, with
    bodies of `content_type`; `acknowledgement` is the body and content type of the answer to one
    that was accepted. `setup` tells how to enter them in its console.
    """

    name: ClassVar[str]
    routes: ClassVar[Sequence[Route]]
    content_type: ClassVar[str] = FORM
    acknowledgement: ClassVar[tuple[bytes, str]] = (b"", "text/plain")
    setup: ClassVar[Setup | None] = None
    limits: ClassVar[Limits]
    # The error codes that say that the window of `limits` is closed.
    window_codes: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    @abstractmethod
    def create(cls, settings: Any) -> Self:
        """The provider made from the process's settings, which include its ProviderSettings.

        Missing credentials are not an error here: `verify` then refuses every webhook.
        """

    @property
    @abstractmethod
    def our_numbers(self) -> Sequence[str]:
        """The numbers we send from, the one for new conversations first; () where it chooses."""

    @abstractmethod
    def verify(self, webhook: Webhook) -> None:
        """Raise SignatureRejected unless the provider itself made this request."""

    @abstractmethod
    def inbound(self, webhook: Webhook) -> Inbound:
        """The message in a webhook. Raises WebhookRejected only if its id or sender is missing."""

    @abstractmethod
    def status_callback(self, webhook: Webhook) -> StatusCallback:
        """The status callback in a webhook, its error as a sentence. Raises WebhookRejected."""

    @abstractmethod
    def send(self, outbound: Outbound) -> Accepted:
        """Send one message. Raises only subclasses of SendError: the class decides what's next."""

    @abstractmethod
    def find(self, outbound: Outbound, since: datetime) -> Sequence[Found]:
        """Messages like this one that the provider made since then, newest first.

        They are candidates: the caller rules out those it knows. Raises SendError if it cannot
        look.
        """

    @abstractmethod
    def inbound_since(self, since: datetime, numbers: Sequence[str]) -> Iterator[Inbound]:
        """What contacts sent to our `numbers` since then, oldest first, with the same ids as in
        webhooks. A number is for every channel that it may have; one on another channel than SMS
        may also carry that, as rcs:brand. Raises SendError if it cannot look.
        """

    def is_hopeless(self, error_code: str, *, is_changed: bool) -> bool:  # noqa: ARG002 (default)
        """Whether what failed with this code would fail again; `is_changed`: with another text."""
        return False

    def is_opt_out(self, error_code: str) -> bool:  # noqa: ARG002 (default)
        """Whether this code says that the contact opted out of messages from this sender."""
        return False

    def media(self, url: str) -> File | None:  # noqa: ARG002 (default)
        """The file that came with a message; None for an address that is not the provider's own,
        which is never called. Raises MediaUnavailable.
        """
        return None

    def check(self) -> list[str]:
        """What is wrong with the account, one line each with how to fix it; [] when fine."""
        return []
