"""The webhook form with From, To, Body and MessageSid, which Twilio and the simulator share.

https://www.twilio.com/docs/messaging/guides/webhook-request. Unknown parameters are kept.
"""

from collections.abc import Mapping
from dataclasses import replace

from pipeline.conversation import consent_keywords
from pipeline.enums import MessageKind
from pipeline.errors import WebhookRejected
from pipeline.messages import (
    Inbound,
    Location,
    Media,
    StatusCallback,
    storable,
)
from pipeline.providers import addresses, webhook_content
from pipeline.providers.webhook_content import value

Form = Mapping[str, list[str]]

# An empty TwiML document: no reply in the answer itself.
ACKNOWLEDGEMENT = (b'<?xml version="1.0" encoding="UTF-8"?><Response/>', "text/xml")

# Statuses that our records call "accepted".
_ON_ITS_WAY = {"queued", "sending"}
_CARD_TYPES = {"text/vcard", "text/x-vcard", "text/directory"}
_LONGEST_ID = 64
_LONGEST_WORD = 32


def inbound(form: Form, *, provider: str, account_id: str) -> Inbound:
    """The message in a form. Raises WebhookRejected only if its id or its sender is missing.

    `account_id` is used where the form has none.
    """
    sender = addresses.contact(value(form, "From"))
    media, location = _media(form), _location(form)
    kind = _kind(form, media, location)
    message = Inbound(
        provider=provider,
        account_id=_account(form, account_id),
        provider_id=_message_sid(form),
        channel=sender.channel,
        contact_key=sender.key,
        recipient=addresses.ours(value(form, "To")),
        kind=kind,
        text=_text(form, kind),
        phone=sender.phone,
        profile_name=value(form, "ProfileName")[:255],
        button_id=value(form, "ButtonPayload") or value(form, "ListId"),
        media=media,
        location=location,
        place="" if location else webhook_content.place(form),
        names=addresses.names_of(sender, value(form, "ExternalUserId")),
        **webhook_content.contents(form, kind),
    )
    # A button called STOP, or a picture with that caption, is an answer to the bot.
    wish = consent_keywords.consent(message.text, sender.channel) if message.is_plain else None
    return replace(message, consent=wish) if wish else message


def status_callback(
    form: Form, query: Mapping[str, str], *, provider: str, account_id: str
) -> StatusCallback:
    """The status callback in a form and its URL's query. Raises WebhookRejected.

    An unknown status is kept unchanged.
    """
    status = (value(form, "MessageStatus") or value(form, "SmsStatus"))[:_LONGEST_WORD]
    attempt = query.get("a", "")
    return StatusCallback(
        provider=provider,
        account_id=_account(form, account_id),
        provider_id=_message_sid(form),
        status=status_word(status),
        error_code=value(form, "ErrorCode")[:_LONGEST_WORD],
        error=value(form, "ErrorMessage"),
        message_id=storable(query.get("m", ""))[:_LONGEST_ID],
        attempt=int(attempt) if _is_number(attempt) else 0,
    )


def status_word(status: str) -> str:
    """The provider's status as our records call it; an unknown one unchanged."""
    return "accepted" if status in _ON_ITS_WAY else status


def _account(form: Form, default: str) -> str:
    return value(form, "AccountSid")[:_LONGEST_ID] or default


def _message_sid(form: Form) -> str:
    # SmsMessageSid and SmsSid are the older names of the same id.
    for name in ("MessageSid", "SmsMessageSid", "SmsSid"):
        if sid := value(form, name).strip():
            return addresses.bounded(sid, _LONGEST_ID)
    raise WebhookRejected(
        "MessageSid: missing; expected the message's id, as in SM0123…", reason="message_id"
    )


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 4


def _media(form: Form) -> tuple[Media, ...]:
    """The files in their order; NumMedia only repeats how many there are."""
    numbers = [name[8:] for name in form if name.startswith("MediaUrl") and _is_number(name[8:])]
    return tuple(
        Media(url, value(form, f"MediaContentType{number}"))
        for number in sorted(numbers, key=int)
        if (url := value(form, f"MediaUrl{number}"))
    )


def _location(form: Form) -> Location | None:
    """The place that was shared; None where the degrees are missing or make no sense."""
    latitude, longitude = _degrees(form, "Latitude", 90), _degrees(form, "Longitude", 180)
    if latitude is None or longitude is None:
        return None
    return Location(latitude, longitude, webhook_content.place(form))


def _degrees(form: Form, name: str, limit: int) -> float | None:
    try:
        degrees = float(value(form, name))
    except ValueError:
        return None
    return degrees if abs(degrees) <= limit else None


# Words of MessageType for what the form itself shows.
_SHOWN = frozenset({"", "text", "button", "location", "image", "audio", "video", "document"})
_TYPES: Mapping[str, str] = {
    "contacts": MessageKind.CONTACT_CARD,
    "contact": MessageKind.CONTACT_CARD,
    "vcard": MessageKind.CONTACT_CARD,
    "list": MessageKind.TAP,
}


def _kind(form: Form, media: tuple[Media, ...], location: Location | None) -> str:
    word = webhook_content.word(form)
    if word == MessageKind.REACTION:
        return MessageKind.REACTION
    if any(value(form, name) for name in webhook_content.TAPS):
        return MessageKind.TAP
    if location:
        return MessageKind.LOCATION
    if word not in _SHOWN:
        return MessageKind.of(_TYPES.get(word, word))
    if media:
        types = {item.content_type.partition(";")[0].strip().lower() for item in media}
        return MessageKind.CONTACT_CARD if types <= _CARD_TYPES else MessageKind.MEDIA
    if webhook_content.has_answers(form):
        return MessageKind.INTERACTIVE
    if not value(form, "Body") and webhook_content.place(form):
        return MessageKind.PLACE
    return MessageKind.TEXT


def _text(form: Form, kind: str) -> str:
    if kind == MessageKind.TAP:
        return value(form, "ButtonText") or value(form, "ListTitle") or value(form, "Body")
    if kind == MessageKind.REACTION and webhook_content.emoji(form):
        return ""
    return value(form, "Body")
