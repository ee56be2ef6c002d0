"""Requests that Twilio makes: signed with the real validator's algorithm."""

import secrets
from collections.abc import Mapping
from urllib.parse import parse_qs, urlencode, urlsplit

import urllib3
from twilio.request_validator import (
    HMAC_SHA1,
    SIGNATURE_HEADER,
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
)

ACCOUNT = "AC" + "0123456789abcdef" * 2
TOKEN = "fake-auth-token"
OUR_NUMBER = "+15550100"

# A list is a field that comes several times.
Form = Mapping[str, str | list[str]]


def sign(url: str, params: Form, token: str = TOKEN, algorithm: str = HMAC_SHA1) -> str:
    """The X-Twilio-Signature of a form post to `url`, whose fragment does not count."""
    lists = {
        name: values if isinstance(values, list) else [values] for name, values in params.items()
    }
    signature: str = RequestValidator(token).compute_signature(
        url.partition("#")[0], _Lists(lists), algorithm
    )
    return signature


def signed_headers(
    url: str, params: Form, token: str = TOKEN, algorithm: str = HMAC_SHA1
) -> dict[str, str]:
    """The headers of a signed form post."""
    headers = {
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "User-Agent": "TwilioProxy/1.1",
        SIGNATURE_HEADER: sign(url, params, token or TOKEN, algorithm),
        "I-Twilio-Idempotency-Token": secrets.token_hex(16),
    }
    if algorithm != HMAC_SHA1:
        headers[SIGNATURE_SETTINGS_HEADER] = f"key=webhooks_sharedkey_1,algorithm={algorithm}"
    return headers


def inbound_form(**fields: str) -> dict[str, str]:
    """A real-looking form of an inbound SMS; `fields` take the place of what it says."""
    sid = fields.get("MessageSid") or "SM" + secrets.token_hex(16)
    return {
        "ToCountry": "US",
        "ToState": "",
        "SmsMessageSid": sid,
        "NumMedia": "0",
        "ToCity": "",
        "FromZip": "",
        "SmsSid": sid,
        "FromState": "",
        "SmsStatus": "received",
        "FromCity": "",
        "Body": "Hello",
        "FromCountry": "US",
        "To": OUR_NUMBER,
        "ToZip": "",
        "NumSegments": "1",
        "MessageSid": sid,
        "AccountSid": ACCOUNT,
        "From": "+15550123",
        "ApiVersion": "2010-04-01",
    } | fields


def webhook(url: str, params: Form, *, token: str = TOKEN, signed_url: str = "") -> tuple[int, str]:
    """Post a signed form as Twilio does: the status and text of the answer; 0 for none.

    `signed_url` is the public URL where it is not the one the request goes to.
    """
    return post_form(url, params, signed_headers(signed_url or url, params, token))


def post_form(url: str, params: Form, headers: Mapping[str, str]) -> tuple[int, str]:
    """Post a form with any headers: the status and text of the answer; 0 for none."""
    body = urlencode(params, doseq=True)
    try:
        answer = urllib3.request(
            "POST", url, body=body, headers=headers, retries=False, timeout=15.0
        )
    except urllib3.exceptions.HTTPError:
        return 0, ""
    return answer.status, answer.data.decode()


def retries_of(url: str) -> int:
    """How often Twilio tries a URL again, as its fragment says (`#rc=5`)."""
    wanted = parse_qs(urlsplit(url).fragment).get("rc", ["0"])[0]
    return min(int(wanted), 5)


class _Lists(dict[str, list[str]]):
    def getall(self, name: str) -> list[str]:
        """Every value of a field, as Twilio's validator asks for them."""
        return self[name]
