"""Addresses of contacts and our own numbers: E.164, short codes, sender ids, WhatsApp user ids.

A refused address is a lost message, so only impossible ones are refused.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers

from pipeline.errors import WebhookRejected
from pipeline.messages import Channel, storable

WHATSAPP = "whatsapp:"
EXPECTED_E164 = "Include the country code, for example +1 415 555 0132."
_LONGEST = 160

_INTERNATIONAL = re.compile(r"\+\d{3,15}", re.ASCII)
# A form that was not percent-encoded turns the plus of a number into a blank.
_BLANK_FOR_PLUS = re.compile(r" \d{6,15}", re.ASCII)
# Short codes and odd trunk numbers; alphanumeric senders have at most 11 characters (3GPP TS
# 23.040, 9.1.2.5).
_PLAIN = re.compile(r"\d{3,20}|[A-Za-z0-9 ._&+'/*#-]{1,11}", re.ASCII)
# https://www.twilio.com/en-us/changelog/whatsapp-bsuid-format-in-conversations-and-webhook-fields
_USER_ID = re.compile(r"[A-Z]{2}\.[A-Za-z0-9._-]{1,140}", re.ASCII)


@dataclass(frozen=True, slots=True, repr=False)
class Address:
    """Where a contact can be reached. `phone` is None where there is no number."""

    channel: Channel
    key: str
    phone: str | None


@lru_cache(maxsize=16_384)
def contact(raw: str, field: str = "From") -> Address:
    """The contact behind an address. Raises WebhookRejected that names the field."""
    channel: Channel = "whatsapp" if raw.startswith(WHATSAPP) else "sms"
    name = _with_plus(raw.removeprefix(WHATSAPP))
    if not name:
        raise WebhookRejected(f"{field}: missing; expected an address such as +15550100")
    if name.startswith("+"):
        _refuse_impossible(name, field)
        return Address(channel, name, name)
    if channel == "whatsapp" and _USER_ID.fullmatch(name):
        return Address(channel, WHATSAPP + name, None)
    if channel == "sms" and _PLAIN.fullmatch(name):
        return Address(channel, name, None)
    raise WebhookRejected(
        f"{field}: {masked(name)!r} is not an address; expected +15550100, a short code, "
        "a sender id, whatsapp:+15550100 or whatsapp:US.1234"
    )


def ours(raw: str, field: str = "To") -> str:
    """Our own number, short code or sender id without its channel. Raises WebhookRejected."""
    name = storable(_with_plus(raw.removeprefix(WHATSAPP)))
    if not name:
        raise WebhookRejected(f"{field}: missing; expected the number that was written to")
    if len(name) > _LONGEST:
        raise WebhookRejected(f"{field}: {len(name)} characters; expected at most {_LONGEST}")
    return name


def e164(written: str) -> str | None:
    """The number that a person typed with its country code; None if it cannot be one."""
    try:
        parsed = phonenumbers.parse(written)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def on_channel(channel: Channel, name: str) -> str:
    """The address as a provider wants it: WhatsApp ones carry their channel."""
    if channel == "whatsapp" and not name.startswith(WHATSAPP):
        return WHATSAPP + name
    return name


def masked(name: str) -> str:
    """Enough of an address to recognise it, too little to write to it."""
    return name if len(name) <= 6 else f"{name[:3]}…{name[-2:]}"


def _with_plus(name: str) -> str:
    return "+" + name[1:] if _BLANK_FOR_PLUS.fullmatch(name) else name.strip()


def _refuse_impossible(name: str, field: str) -> None:
    """Raise WebhookRejected for a number whose country or length does not exist."""
    try:
        if _INTERNATIONAL.fullmatch(name) and phonenumbers.is_possible_number(
            phonenumbers.parse(name)
        ):
            return
    except phonenumbers.NumberParseException:
        pass
    raise WebhookRejected(
        f"{field}: {masked(name)!r} is not a possible number; expected E.164, as in +15550100"
    )
