"""The pigeon as a Provider."""

import hashlib
import hmac
import itertools
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar, Self

from pipeline.errors import (
    MessageRefused,
    OutcomeUnknown,
    SendError,
    SignatureRejected,
    WebhookRejected,
)
from pipeline.messages import Accepted, Inbound, Outbound, StatusCallback
from pipeline.providers import addresses
from pipeline.providers.base import ChannelLimits, Found, Limits, Provider, Route, Setup, Webhook
from tests.pipeline.providers.pigeon.settings import PigeonSettings

SIGNATURE = "x-pigeon-signature"
_REASONS = {"wet": "It rained", "stop": "The contact opted out"}
_numbers = itertools.count(1)


class Pigeon(Provider):
    """One pigeon loft. `answers` are what the next sends come to."""

    name = "pigeon"
    routes = (
        Route("/webhooks/pigeon", "message"),
        Route("/webhooks/pigeon/landed", "status"),
    )
    content_type = "application/json"
    acknowledgement = (b'{"ok": true}', "application/json")
    setup = Setup("At the loft, enter these URLs:", (("Arrivals", "/webhooks/pigeon"),))
    limits: ClassVar[Limits] = {"sms": ChannelLimits(longest_body=50, most_media=0)}

    @classmethod
    def create(cls, settings: PigeonSettings) -> Self:
        return cls(settings)

    def __init__(self, settings: PigeonSettings) -> None:
        self._key = settings.pigeon_key.get_secret_value().encode()
        self._number = settings.pigeon_number
        self.sent: list[tuple[Found, Outbound]] = []
        self.answers: list[SendError] = []

    @property
    def our_numbers(self) -> Sequence[str]:
        return (self._number,) if self._number else ()

    def verify(self, webhook: Webhook) -> None:
        given = webhook.headers.get(SIGNATURE, "")
        if not self._key or not hmac.compare_digest(given, sign(webhook.body, self._key)):
            raise SignatureRejected("PIGEON_KEY did not sign this")

    def inbound(self, webhook: Webhook) -> Inbound:
        said = _read(webhook)
        sender = addresses.contact(said.get("from", ""), "from")
        return Inbound(
            provider=self.name,
            account_id="loft",
            provider_id=said["id"],
            channel=sender.channel,
            contact_key=sender.key,
            phone=sender.phone,
            names=addresses.names_of(sender),
            recipient=self._number,
            text=said["text"],
        )

    def status_callback(self, webhook: Webhook) -> StatusCallback:
        said = _read(webhook)
        code = said.get("code", "")
        error = _REASONS.get(code, code)
        return StatusCallback(self.name, "loft", said["id"], said["status"], code, error)

    def send(self, outbound: Outbound) -> Accepted:
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, MessageRefused):
            raise answer
        found = Found(f"P{next(_numbers)}", "accepted", datetime.now(UTC))
        self.sent.append((found, outbound))
        if isinstance(answer, OutcomeUnknown):
            raise answer
        return Accepted(found.provider_id)

    def is_opt_out(self, error_code: str) -> bool:
        return error_code == "stop"

    def find(self, outbound: Outbound, since: datetime) -> Sequence[Found]:
        return [
            found
            for found, sent in reversed(self.sent)
            if found.created_at >= since and sent.body == outbound.body
        ]

    def inbound_since(self, since: datetime, numbers: Sequence[str]) -> Iterator[Inbound]:  # noqa: ARG002 (the contract's signature)
        return iter(())


def sign(body: bytes, key: bytes) -> str:
    """The signature of a body."""
    return hmac.new(key, body, hashlib.sha256).hexdigest()


def _read(webhook: Webhook) -> dict[str, Any]:
    said = json.loads(webhook.body)
    if not isinstance(said, dict) or not said.get("id"):
        raise WebhookRejected("id: missing; expected the message's id")
    return said
