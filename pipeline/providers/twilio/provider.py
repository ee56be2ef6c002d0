"""Twilio as a Provider: SMS and WhatsApp through its Messages API.

https://www.twilio.com/docs/messaging/api/message-resource
"""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar, Self
from urllib.parse import urlencode

from twilio.base.exceptions import TwilioException
from twilio.rest import Client

from pipeline.conversation.window import WINDOWS
from pipeline.enums import Status
from pipeline.errors import MessageRefused, NotSent, OutcomeUnknown, SenderBlocked, SendError
from pipeline.messages import Accepted, Inbound, Outbound, StatusCallback
from pipeline.providers import webhook_form
from pipeline.providers.addresses import on_channel
from pipeline.providers.base import (
    ChannelLimits,
    File,
    Found,
    Limits,
    Provider,
    Route,
    Setup,
    Webhook,
)
from pipeline.providers.twilio import codes, content, history, opt_outs, ownership
from pipeline.providers.twilio.media import Files
from pipeline.providers.twilio.rest import PooledClient
from pipeline.providers.twilio.settings import Account, TwilioSettings
from pipeline.providers.twilio.signature import Signatures

# Retry every failed webhook up to five times, not only refused connections:
# https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
_RETRIES = "#rc=5&rp=all"
_MESSAGE_PATH = "/webhooks/twilio"
_STATUS_PATH = "/webhooks/twilio/status"


class Twilio(Provider):
    """One Twilio account."""

    name = "twilio"
    routes = (Route(_MESSAGE_PATH, "message"), Route(_STATUS_PATH, "status"))
    acknowledgement = webhook_form.ACKNOWLEDGEMENT
    setup = Setup(
        "In the Twilio console, the settings of the number or Messaging Service need these URLs:",
        (
            ("A message comes in", _MESSAGE_PATH + _RETRIES),
            ("Status callback URL", _STATUS_PATH + _RETRIES),
        ),
        f"{_RETRIES} makes Twilio try again when this server was unavailable.",
    )
    # https://www.twilio.com/docs/api/errors/21617 (characters), and
    # https://www.twilio.com/docs/messaging/api/message-resource (MediaUrl)
    limits: ClassVar[Limits] = {
        "sms": ChannelLimits(longest_body=1600, most_media=10),
        "whatsapp": ChannelLimits(longest_body=1600, most_media=1, window=WINDOWS["whatsapp"]),
        "rcs": ChannelLimits(longest_body=1600, most_media=10),
        "messenger": ChannelLimits(longest_body=1600, most_media=1),
    }
    window_codes: ClassVar[frozenset[str]] = codes.WINDOW_CODES

    @classmethod
    def create(cls, settings: TwilioSettings) -> Self:
        """Twilio with the account in the settings."""
        # Both would log message bodies or numbers, as parts of URLs.
        logging.getLogger("twilio").setLevel(logging.WARNING)
        logging.getLogger("urllib3").setLevel(logging.ERROR)
        return cls(Account.from_settings(settings))

    def __init__(self, settings: Account) -> None:
        self._settings = settings
        self._account = {"provider": self.name, "account_id": settings.account_sid}
        self._signatures = Signatures(settings.auth_tokens)
        pooled = PooledClient(settings.api_base_url, read_seconds=settings.read_seconds)
        # With empty credentials the client would read the environment itself.
        self._client = Client(
            settings.account_sid or "AC",
            settings.auth_tokens[0] if settings.auth_tokens else "none",
            http_client=pooled,
            environment={"": ""},
        )
        self._messages = self._client.api.v2010.account.messages
        self._files = Files(pooled, settings)
        self._contents = content.Contents(
            PooledClient(
                settings.api_base_url or content.API,
                read_seconds=min(settings.read_seconds, content.READ_SECONDS),
            ),
            self._client.auth,
        )

    @property
    def our_numbers(self) -> Sequence[str]:
        """The number of the settings, if there is one."""
        return (self._settings.phone_number,) if self._settings.phone_number else ()

    def verify(self, webhook: Webhook) -> None:
        """Raise SignatureRejected unless Twilio signed this request with one of our tokens."""
        self._signatures.verify(webhook)

    def inbound(self, webhook: Webhook) -> Inbound:
        """The message in a webhook. Raises WebhookRejected if its id or sender is missing."""
        return self._inbound(webhook.form)

    def _inbound(self, form: webhook_form.Form) -> Inbound:
        return opt_outs.marked(webhook_form.inbound(form, **self._account), form)

    def status_callback(self, webhook: Webhook) -> StatusCallback:
        """The status callback in a webhook, its error as a sentence."""
        callback = webhook_form.status_callback(webhook.form, webhook.query, **self._account)
        return replace(callback, error=codes.delivery_reason(callback.error_code, callback.error))

    def send(self, outbound: Outbound) -> Accepted:
        """Create the message at Twilio. Raises only SendError subclasses."""
        request = self._request(outbound)
        try:
            return self._create(request | self._content(outbound))
        except MessageRefused as error:
            if error.code not in content.UNUSABLE or not content.needs_content(outbound):
                raise
            self._contents.refuse(outbound, error)
            raise NotSent(error.reason, code=error.code, blames_sender=False) from error

    def _create(self, request: Mapping[str, Any]) -> Accepted:
        try:
            message = self._messages.create(**request)
            segments = int(message.num_segments or 0) or None
        except (TwilioException, ValueError, TypeError, AttributeError) as error:
            # A 2xx answer that is not Twilio's JSON: the message may have been created.
            raise OutcomeUnknown("Twilio's answer could not be read") from error
        if not message.sid:
            raise OutcomeUnknown("Twilio's answer has no message id")
        status = Status.of(webhook_form.status_word(message.status)) if message.status else None
        return Accepted(message.sid, status=status or Status.ACCEPTED, segments=segments)

    def is_hopeless(self, error_code: str, *, is_changed: bool) -> bool:
        """Whether Twilio's error code says that another try would fail too."""
        return codes.is_hopeless(error_code, is_changed=is_changed)

    def is_opt_out(self, error_code: str) -> bool:
        """Whether Twilio's error code says that the contact opted out."""
        return codes.is_opt_out(error_code)

    def find(self, outbound: Outbound, since: datetime) -> Sequence[Found]:
        """Twilio's messages to that contact that may be this one, newest first."""
        sender = outbound.sender or self._chosen_sender()
        return history.find(
            self._messages,
            outbound,
            sender=on_channel(outbound.channel, sender) if sender else "",
            since=since,
        )

    def inbound_since(self, since: datetime, numbers: Sequence[str]) -> Iterator[Inbound]:
        """What Twilio got for our numbers since then, oldest first, media included."""
        for form, sent_at in history.received(self._messages, since, numbers):
            yield replace(self._inbound(form), sent_at=sent_at)

    def media(self, url: str) -> File | None:
        """The file at one of Twilio's addresses of our account's messages."""
        return self._files.open(url)

    def check(self) -> list[str]:
        """Whether Twilio knows the account, lets it send, and gave it the number we send from."""
        if not (self._settings.account_sid.startswith("AC") and self._settings.auth_tokens):
            return ["TWILIO_ACCOUNT_SID (AC…) and TWILIO_AUTH_TOKEN: copy both from the console"]
        try:
            account = self._client.api.v2010.accounts(self._settings.account_sid).fetch()
        except SendError as error:
            return [f"Twilio: {error.reason}; check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"]
        except (TwilioException, ValueError, TypeError, AttributeError):
            return ["Twilio: the answer could not be read; check TWILIO_API_BASE_URL"]
        if account.status != "active":
            return [f"Twilio: the account is {account.status}; reactivate it in the console"]
        return list(ownership.problems(self._client, self._settings))

    def _chosen_sender(self) -> str:
        """Our own number where the Messaging Service does not choose."""
        return "" if self._settings.messaging_service_sid else self._settings.phone_number

    def _request(self, outbound: Outbound) -> dict[str, Any]:
        request: dict[str, Any] = {"to": on_channel(outbound.channel, outbound.recipient)}
        # An explicit sender wins, so that a contact always sees the same number.
        if sender := outbound.sender or self._chosen_sender():
            request["from_"] = on_channel(outbound.channel, sender)
        elif self._settings.messaging_service_sid:
            request["messaging_service_sid"] = self._settings.messaging_service_sid
        else:
            raise SenderBlocked(
                "No sender: set TWILIO_PHONE_NUMBER or TWILIO_MESSAGING_SERVICE_SID"
            )
        if self._settings.public_url:
            request["status_callback"] = self._callback(outbound)
        return request

    def _content(self, outbound: Outbound) -> dict[str, Any]:
        """The content of a create call: a template, content with taps, or a body and files."""
        if template := outbound.content.get("content_sid"):
            variables = outbound.content.get("content_variables")
            text = json.dumps(variables) if isinstance(variables, Mapping) else variables
            return {"content_sid": template} | ({"content_variables": text} if variables else {})
        body = outbound.body
        if content.needs_content(outbound):
            if fields := self._contents.fields(outbound):
                return fields
            body = outbound.content.get("plain", body)
        media = {"media_url": list(outbound.media_urls)} if outbound.media_urls else {}
        return media | ({"body": body} if body or not media else {})

    def _callback(self, outbound: Outbound) -> str:
        query = urlencode({"m": outbound.message_id, "a": outbound.attempt})
        return f"{self._settings.public_url}{_STATUS_PATH}?{query}{_RETRIES}"
