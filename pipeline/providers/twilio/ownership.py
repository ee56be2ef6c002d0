"""Whether the number and the Messaging Service of the settings belong to the account."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from pipeline.errors import SendError
from pipeline.providers.twilio.rest import PooledClient
from pipeline.providers.twilio.settings import Account

API = "https://messaging.twilio.com"
_LONGEST_SHORT_CODE = 6


def problems(client: Any, settings: Account) -> Iterator[str]:
    """What does not belong to the account, one line each with how to fix it.

    https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource
    """
    number, service = settings.phone_number, settings.messaging_service_sid
    messaging = PooledClient(settings.api_base_url or API, read_seconds=settings.read_seconds)
    if number and not _owns(client, messaging, number):
        yield (
            f"Twilio: the account has no number {number}; set TWILIO_PHONE_NUMBER to one of its "
            "numbers, in the form +15550100, or check TWILIO_ACCOUNT_SID"
        )
    if service and _is_missing(lambda: _get(client, messaging, f"/v1/Services/{service}")):
        yield (
            f"Twilio: the account has no Messaging Service {service}; copy "
            "TWILIO_MESSAGING_SERVICE_SID from the console"
        )


def _owns(client: Any, messaging: PooledClient, number: str) -> bool:
    account = client.api.v2010.account
    if len(number) <= _LONGEST_SHORT_CODE:
        return bool(_listed(lambda: account.short_codes.list(short_code=number, limit=1)))
    found = _listed(lambda: account.incoming_phone_numbers.list(phone_number=number, limit=20))
    if found is None or any(one.phone_number == number for one in found):
        return True
    # A number may send WhatsApp messages without being bought from Twilio.
    sender = f"whatsapp:{number}"
    senders = _listed(
        lambda: _get(client, messaging, "/v2/Channels/Senders?Channel=whatsapp&PageSize=1000")
    )
    return any(one.get("sender_id") == sender for one in (senders or {}).get("senders", ()))


def _listed(ask: Callable[[], Any]) -> Any:
    """The items of a list; None if it cannot be read, so that nothing is known of them."""
    try:
        return ask()
    except (SendError, ValueError, TypeError, AttributeError):
        return None


def _is_missing(ask: Callable[[], Any]) -> bool:
    try:
        ask()
    except SendError as error:
        return getattr(error, "code", "") in {"20404", "404"}
    except ValueError:
        return False
    return False


def _get(client: Any, messaging: PooledClient, path: str) -> Any:
    answer = messaging.request("GET", f"{API}{path}", auth=client.auth)
    return json.loads(answer.text)
