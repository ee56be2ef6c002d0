"""Addresses of contacts and our own numbers, on any channel.

A sender is a fact: whatever name a message came from, the message is kept under it. Numbering plans
judge only what people type.
"""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers

from pipeline.errors import NumberRefused, WebhookRejected
from pipeline.messages import SMS, WHATSAPP, Channel, is_number, key_of, storable
from pipeline.providers.number_forms import forms

EXPECTED_E164 = "Include the country code, for example +1 415 555 0132."
UNREACHABLE = "This sender can't receive messages: its address is a name, not a number."
_LONGEST = 160

_DIGITS = re.compile(r"\+?\d+", re.ASCII)
# WhatsApp's own ids are numbers in international form without the plus.
_WHATSAPP_ID = re.compile(r"\d{7,15}", re.ASCII)
# A form that was not percent-encoded turns the plus of a number into a blank.
_LOST_PLUS = re.compile(r"(\A|:) (?=\d{6,15}\Z)", re.ASCII)
_PREFIX = re.compile(r"([A-Za-z][A-Za-z0-9+._-]{0,31}):(.*\S.*)", re.ASCII)
_KNOWN = frozenset({SMS, WHATSAPP, "rcs", "messenger"})
_PUNCTUATION = str.maketrans(dict.fromkeys(" ()-./\u2010\u2011\u2012\u2013\u2014\u2212"))
# They join letters and emoji to what is seen; other format characters are not seen at all.
_JOINERS = "\u200c\u200d"


@dataclass(frozen=True, slots=True, repr=False)
class Address:
    """Where a contact can be reached: a channel and a name on it, without the channel's prefix.

    `key` tells the contact from others; `phone` is None where the name is not a number.
    """

    channel: Channel
    name: str
    key: str
    phone: str | None


def contact(raw: str, field: str = "From") -> Address:
    """The contact behind an address. Raises WebhookRejected that names the field if it is blank."""
    return _contact(bounded(raw, 4 * _LONGEST), field)


@lru_cache(maxsize=16_384)
def _contact(raw: str, field: str) -> Address:
    text = _visible(_LOST_PLUS.sub(r"\1+", storable(raw)))
    if not text:
        raise WebhookRejected(
            f"{field}: missing; expected an address such as +15550100", reason="sender"
        )
    channel, name = _split(text)
    if channel == WHATSAPP and _WHATSAPP_ID.fullmatch(name):
        name = f"+{name}"
    if number := _number(name):
        return Address(channel, number, key_of(channel, number), number)
    name = bounded(name, _LONGEST)
    return Address(channel, name, key_of(channel, name), None)


def names_of(sender: Address, user_id: str = "") -> tuple[str, ...]:
    """Every key of a sender, the one to keep first: other forms of the number, and the user id.

    () if there is only one.
    """
    found = list(forms(sender.phone) if sender.phone else (sender.key,))
    if user_id.strip() and sender.channel != SMS:
        other = contact(on_channel(sender.channel, user_id.strip()))
        found += forms(other.phone) if other.phone else (other.key,)
    # A number is a contact's on every channel, an id on one.
    names = sorted(dict.fromkeys(found), key=lambda name: not name.startswith("+"))
    return tuple(names) if len(names) > 1 else ()


def ours(raw: str) -> str:
    """Our own number, short code or sender id without its channel; "" if the form has none."""
    text = _visible(_LOST_PLUS.sub(r"\1+", storable(raw[: 4 * _LONGEST])))
    return bounded(_split(text)[1], _LONGEST)


def typed(written: str, *, force: bool = False) -> str:
    """The number that a person typed, in E.164.

    Raises NumberRefused for what is not a number with its country code, and unless `force` for one
    that its country's plan does not have.
    """
    try:
        parsed = phonenumbers.parse(written)
    except phonenumbers.NumberParseException:
        parsed = None
    number = _number(_visible(storable(written[:_LONGEST])))
    if parsed and phonenumbers.is_possible_number(parsed):
        return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    if number is None:
        raise NumberRefused(EXPECTED_E164)
    if not force:
        raise NumberRefused(
            f"{number} doesn't look like a complete phone number. Check it, or add it anyway.",
            is_doubtful=True,
        )
    return number


def is_reachable(channel: Channel, name: str) -> bool:
    """Whether a message can be sent there: on SMS only to numbers, elsewhere the provider says."""
    return channel != SMS or _DIGITS.fullmatch(name) is not None


def usual_channels(key: str, phone: str | None) -> tuple[Channel, ...]:
    """The channels on which an operator may write to a contact who has not used them yet."""
    if phone:
        return SMS, WHATSAPP
    channel, _ = _split(key)
    return (channel,)


def on_channel(channel: Channel, name: str) -> str:
    """The address as a provider wants it: all but those of SMS carry their channel."""
    prefix = "" if channel == SMS else f"{channel}:"
    return name if name.startswith(prefix) else prefix + name


def masked(name: str) -> str:
    """Enough of an address to recognise it, too little to write to it."""
    return name if len(name) <= 6 else f"{name[:3]}…{name[-2:]}"


def _split(text: str) -> tuple[Channel, str]:
    """The channel and the name of an address."""
    if found := _PREFIX.fullmatch(text):
        prefix, name = found[1], found[2].strip()
        channel = prefix.lower()
        # "Info:Bank" is the name of a sender; channels are written in lower case.
        if channel == prefix or channel in _KNOWN or _number(name):
            return channel, name
    return SMS, text


def _number(name: str) -> str | None:
    """The number in international form that a name is, however it is written."""
    plain = unicodedata.normalize("NFKC", name).translate(_PUNCTUATION)
    return plain if is_number(plain) else None


def _visible(text: str) -> str:
    """The text without what nobody sees, so that one sender is not two contacts.

    A name of invisible characters only becomes their code points; "" only where all is blank.
    """
    normal = unicodedata.normalize("NFC", text)
    shown = "".join(
        " " if character.isspace() else character
        for character in normal
        if character.isspace()
        or character in _JOINERS
        or unicodedata.category(character) not in {"Cc", "Cf"}
    )
    if shown.strip(" " + _JOINERS) or not text.strip():
        return " ".join(shown.split())
    return " ".join(f"U+{ord(character):04X}" for character in text.strip())


def bounded(text: str, longest: int) -> str:
    """A text that fits; one that is too long ends with a hash, so that two stay two."""
    if len(text) <= longest:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{text[: longest - 17]}…{digest}"
