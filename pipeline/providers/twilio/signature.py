"""Verify that Twilio made a request: its signature over the URL and the form.

https://www.twilio.com/docs/usage/webhooks/webhooks-security
"""

from twilio.request_validator import (
    SIGNATURE_HEADER,
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
    get_signature_algorithm,
)

from pipeline.errors import SignatureRejected
from pipeline.providers.base import Webhook

_SIGNATURE = SIGNATURE_HEADER.lower()
_SIGNATURE_SETTINGS = SIGNATURE_SETTINGS_HEADER.lower()


class Signatures:
    """Verifies requests with every token in use, so that rotating tokens loses no message."""

    def __init__(self, auth_tokens: tuple[str, ...]) -> None:
        self._validators = [RequestValidator(token) for token in auth_tokens]

    def verify(self, webhook: Webhook) -> None:
        """Raise SignatureRejected unless one of the tokens signed this request."""
        if not self._validators:
            raise SignatureRejected("TWILIO_AUTH_TOKEN is not set, so no signature can be checked")
        signature = webhook.headers.get(_SIGNATURE, "")
        if not signature:
            raise SignatureRejected("The request has no X-Twilio-Signature header")
        algorithm = get_signature_algorithm(webhook.headers.get(_SIGNATURE_SETTINGS, ""))
        url = webhook.url.partition("#")[0]
        if not self._is_signed(url, _Fields(webhook.form), signature, algorithm):
            raise SignatureRejected

    def _is_signed(self, url: str, form: "_Fields", signature: str, algorithm: str) -> bool:
        try:
            return any(
                validator.validate(url, form, signature, algorithm)
                for validator in self._validators
            )
        except ValueError:
            # A URL that cannot be parsed, or text that is not Unicode: Twilio sends neither.
            return False


class _Fields(dict[str, list[str]]):
    """A form with several values a name, in the shape that Twilio's validator asks for."""

    def getall(self, name: str) -> list[str]:
        """Every value of a field."""
        return self[name]
