"""The values that travel: what a provider hands in, and what is handed to a provider.

Providers make and take these; nothing here knows a database, a web server or a bot.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any, Self

from pipeline.enums import Consent, MessageKind, Status
from pipeline.jsons import JsonObject

# A word: the prefix of the provider's addresses, such as "rcs" of rcs:+15550100; SMS has none.
Channel = str
SMS: Channel = "sms"
WHATSAPP: Channel = "whatsapp"

# E.164 has at most 15 digits; a short code may come in the same form.
_NUMBER = re.compile(r"\+\d{3,15}", re.ASCII)


def is_number(name: str) -> bool:
    """Whether the name of an address is a number in international form, possible or not."""
    return _NUMBER.fullmatch(name) is not None


def key_of(channel: Channel, name: str) -> str:
    """What tells an address from others on all channels: numbers are the same on each."""
    return name if channel == SMS or is_number(name) else f"{channel}:{name}"


# A database text column takes neither NUL nor half of a surrogate pair.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """`text` with the characters that no database text column takes replaced by U+FFFD."""
    return _UNSTORABLE.sub("\ufffd", text)


@dataclass(frozen=True, slots=True)
class Media:
    """A file that came with, or goes with, a message. `url` may need the provider's password."""

    url: str
    content_type: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Location:
    """A place that a contact shared, in WGS 84 degrees."""

    latitude: float
    longitude: float
    label: str = ""


@dataclass(frozen=True, slots=True)
class Referral:
    """The ad or post that led a contact to write. `source_type` is "ad" or "post".

    `ctwa_clid` is the click's id, for the advertiser's reports of conversions.
    """

    source_type: str = ""
    source_id: str = ""
    source_url: str = ""
    headline: str = ""
    body: str = ""
    media_url: str = ""
    media_type: str = ""
    media_id: str = ""
    ctwa_clid: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Inbound:
    """One message from a contact, as any provider would tell it.

    `contact_key` is the E.164 number, or the provider's user id where there is no number; `phone`
    is None in that case. `names` are all keys that the webhook gives this contact, the one to keep
    first; () if there is only one. `recipient` is our number, short code or sender id without a
    channel prefix. `consent` marks STOP, START and HELP, which do not reach the bot; only a START
    ("YES") of somebody who never said STOP is an answer like any other.

    `kind` is a MessageKind, or a word of the provider's that Parley does not know, such as "poll".
    `type` is the provider's own word ("audio", "sticker"), "" where it says none. `reply_to` is the
    provider's id of the message that this one answers, `reply_to_sender` the address that sent it,
    and `quoted` our words in it.
    `reaction` is the emoji of a reaction, `removed_reaction` of one that was removed; both are
    "" if the provider does not say. `form` holds the answers of a form, `form_text` is one that
    could not be read. `place` is a place without coordinates; `extra` are parameters that Parley
    does not know.
    """

    provider: str
    account_id: str
    provider_id: str
    channel: Channel
    contact_key: str
    recipient: str
    kind: str = MessageKind.TEXT
    text: str = ""
    phone: str | None = None
    profile_name: str = ""
    button_id: str = ""
    media: tuple[Media, ...] = ()
    location: Location | None = None
    place: str = ""
    type: str = ""
    reply_to: str = ""
    reply_to_sender: str = ""
    quoted: str = ""
    reaction: str = ""
    removed_reaction: str = ""
    form: JsonObject = field(default_factory=dict, hash=False)
    form_text: str = ""
    referral: Referral | None = None
    is_forwarded: bool = False
    is_forwarded_often: bool = False
    extra: Mapping[str, str] = field(default_factory=dict, hash=False)
    consent: Consent | None = None
    provider_answered: bool = False
    sent_at: datetime | None = None
    names: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """The address that wrote, without its channel."""
        return self.contact_key.removeprefix(f"{self.channel}:")

    @property
    def user_ids(self) -> tuple[str, ...]:
        """The provider's ids of the contact in this webhook, without their channel."""
        prefix = f"{self.channel}:"
        return tuple(name.removeprefix(prefix) for name in self.names if name.startswith(prefix))

    @property
    def is_plain(self) -> bool:
        """Whether it is its text: no tap, no file, nothing that only has a caption."""
        return self.kind == MessageKind.TEXT or self.kind not in _KNOWN_KINDS

    def to_json(self) -> JsonObject:
        """A JSON-ready form without the fields that are empty."""
        # Not by `asdict`, which copies each value and its copies: a tenth of a webhook's time.
        named = zip(self.__slots__, _values_of(self), strict=True)
        values = {name: value for name, value in named if value}
        values |= {"account_id": self.account_id, "recipient": self.recipient}
        if self.media:
            values["media"] = [asdict(item) for item in self.media]
        if self.location:
            values["location"] = asdict(self.location)
        if self.referral:
            values["referral"] = given(self.referral)
        if self.sent_at:
            values["sent_at"] = self.sent_at.isoformat()
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `to_json`; what a newer release added is left out."""
        known = {name: value for name, value in values.items() if name in _FIELDS}
        known["kind"] = MessageKind.of(known.get("kind", MessageKind.TEXT))
        if wish := known.get("consent"):
            known["consent"] = Consent(wish)
        known["media"] = tuple(Media(**item) for item in known.get("media", ()))
        known["names"] = tuple(known.get("names", ()))
        if place := known.get("location"):
            known["location"] = Location(**place)
        if source := known.get("referral"):
            known["referral"] = Referral(**source)
        if moment := known.get("sent_at"):
            known["sent_at"] = datetime.fromisoformat(moment)
        return cls(**known)

    def __repr__(self) -> str:
        """Without the body and the full number, so that no log can hold them."""
        return f"Inbound({self.provider}:{self.provider_id} {self.channel} {self.kind})"


_FIELDS = frozenset(Inbound.__slots__)
_values_of = attrgetter(*Inbound.__slots__)
_KNOWN_KINDS = frozenset(MessageKind)


def given(value: "Referral") -> JsonObject:
    """The fields that are not empty."""
    return {name: text for name, text in asdict(value).items() if text}


@dataclass(frozen=True, slots=True)
class StatusCallback:
    """What a provider reports about a sent message.

    `message_id` and `attempt` are ours, from the callback's URL.
    """

    provider: str
    account_id: str
    provider_id: str
    status: str
    error_code: str = ""
    error: str = ""
    message_id: str = ""
    attempt: int = 0


@dataclass(frozen=True, slots=True, repr=False)
class Outbound:
    """One message to a contact, ready for a provider's create call.

    `recipient` is the contact's address without a channel prefix, `sender` our number ("" lets the
    provider choose from its pool). `message_id` and `attempt` come back in status callbacks.
    """

    message_id: str
    attempt: int
    channel: Channel
    recipient: str
    sender: str = ""
    body: str = ""
    media_urls: tuple[str, ...] = ()
    content: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Without the body and the full number, so that no log can hold them."""
        return f"Outbound({self.message_id} attempt {self.attempt} {self.channel})"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider accepted the message and gave it an id; `status` is what it reports so far."""

    provider_id: str
    status: Status = Status.ACCEPTED
    segments: int | None = None
