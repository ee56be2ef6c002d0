"""Plain builders for the provider tests."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.messages import Outbound
from pipeline.providers.base import Webhook
from pipeline.providers.twilio.provider import Twilio
from pipeline.providers.twilio.settings import Account
from proving.faults.fake_twilio import FakeTwilio, sign
from proving.faults.fake_twilio.webhooks import ACCOUNT, TOKEN

PUBLIC_URL = "https://bot.example.com"
URL = f"{PUBLIC_URL}/webhooks/twilio"
OUR_NUMBER = "+15550100"
CONTACT = "+15550123"

CASES: Mapping[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parent / "cases" / "twilio.json").read_text()
)


def labels(cases: list[dict[str, Any]]) -> list[str]:
    """The names of table rows, for pytest."""
    return [case.get("label") or f"{case['status']}-{case['code']}" for case in cases]


def a_webhook(
    form: Mapping[str, str],
    *,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    url: str = URL,
) -> Webhook:
    """A webhook as the web process hands it in."""
    lists = {name: [value] for name, value in form.items()}
    return Webhook(url=url, form=lists, headers=headers or {}, query=query or {})


def signed(form: Mapping[str, str], *, token: str = TOKEN, url: str = URL) -> Webhook:
    """The same with Twilio's signature."""
    return a_webhook(form, headers={"x-twilio-signature": sign(url, form, token)}, url=url)


def a_twilio(fake: FakeTwilio | None = None, **settings: Any) -> Twilio:
    """Twilio on the fake's account, or on nobody's."""
    known = {
        "account_sid": ACCOUNT,
        "auth_tokens": (TOKEN,),
        "phone_number": OUR_NUMBER,
        "public_url": PUBLIC_URL,
        # Port 9 (discard) is closed: whatever is sent there is refused.
        "api_base_url": fake.url if fake else "http://127.0.0.1:9",
    }
    return Twilio(Account(**(known | settings)))


def an_outbound(**values: Any) -> Outbound:
    """A text to a contact."""
    known: dict[str, Any] = {
        "message_id": "0197-abc",
        "attempt": 1,
        "channel": "sms",
        "recipient": CONTACT,
        "body": "Hello",
    }
    return Outbound(**(known | values))
