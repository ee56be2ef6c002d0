"""The form that Twilio posts for a message or a delivery, and that the simulator imitates.

https://www.twilio.com/docs/messaging/guides/webhook-request. Unknown parameters are left alone.
"""

import math
from collections.abc import Mapping

from pipeline.enums import MessageKind
from pipeline.errors import WebhookRejected
from pipeline.messages import (
    Channel,
    Inbound,
    Location,
    Media,
    StatusCallback,
    storable,
)
from pipeline.providers import addresses, consent

Form = Mapping[str, list[str]]

# Twilio's words for what our records call "accepted": taken, and on its way.
_ON_ITS_WAY = {"queued", "sending"}
_CARD_TYPES = {"text/vcard", "text/x-vcard", "text/directory"}
_LONGEST_ID = 64
_LONGEST_WORD = 32


def inbound(form: Form, *, provider: str, account_id: str, answers_consent: bool) -> Inbound:
    """The message in a form. Raises WebhookRejected that names the field at fault.

    `account_id` stands in where the form has none; `answers_consent` says whether this provider
    itself answers STOP and HELP.
    """
    sender = addresses.contact(value(form, "From"))
    recipient = addresses.ours(value(form, "To"))
    media, location = _media(form), _location(form)
    kind = _kind(form, media, location)
    wish = _wish(form, kind, sender.channel, recipient)
    return Inbound(
        provider=provider,
        account_id=_account(form, account_id),
        provider_id=_message_sid(form),
        channel=sender.channel,
        contact_key=sender.key,
        recipient=recipient,
        kind=kind,
        text=_text(form, kind),
        phone=sender.phone,
        profile_name=value(form, "ProfileName")[:255],
        button_id=value(form, "ButtonPayload") or value(form, "ListId"),
        media=media,
        location=location,
        consent=wish.consent,
        provider_answered=wish.is_answered and answers_consent,
    )


def status_callback(
    form: Form, query: Mapping[str, str], *, provider: str, account_id: str
) -> StatusCallback:
    """The status callback in a form and its URL's query. Raises WebhookRejected.

    A status that we do not know is kept as it came.
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
    """The provider's status in our words; an unknown one as it is."""
    return "accepted" if status in _ON_ITS_WAY else status


def value(form: Form, name: str) -> str:
    """The first value of a field, fit for a database; "" when it is missing."""
    values = form.get(name)
    return storable(values[0]) if values else ""


def _account(form: Form, default: str) -> str:
    return value(form, "AccountSid")[:_LONGEST_ID] or default


def _message_sid(form: Form) -> str:
    # SmsMessageSid and SmsSid are the older names of the same id.
    for name in ("MessageSid", "SmsMessageSid", "SmsSid"):
        if sid := value(form, name).strip():
            if len(sid) > _LONGEST_ID:
                raise WebhookRejected(f"{name}: {len(sid)} characters; expected 34")
            return sid
    raise WebhookRejected("MessageSid: missing; expected the message's id, as in SM0123…")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 4


def _media(form: Form) -> tuple[Media, ...]:
    count = value(form, "NumMedia").strip() or "0"
    if not _is_number(count):
        raise WebhookRejected(f"NumMedia: {count[:20]!r} is no count; expected 0, 1, 2, …")
    return tuple(
        Media(url, value(form, f"MediaContentType{index}"))
        for index in range(int(count))
        if (url := value(form, f"MediaUrl{index}"))
    )


def _location(form: Form) -> Location | None:
    if not (value(form, "Latitude") and value(form, "Longitude")):
        return None
    # A place has a name ("Label") and an address, and often one of them repeats the other.
    words = dict.fromkeys(filter(None, (value(form, "Label"), value(form, "Address"))))
    return Location(
        _degrees(form, "Latitude", limit=90),
        _degrees(form, "Longitude", limit=180),
        ", ".join(words),
    )


def _degrees(form: Form, name: str, *, limit: int) -> float:
    try:
        degrees = float(value(form, name))
    except ValueError:
        degrees = math.nan
    if not abs(degrees) <= limit:
        shown = value(form, name)[:20]
        raise WebhookRejected(f"{name}: {shown!r} is no place; expected degrees up to ±{limit}")
    return degrees


def _kind(form: Form, media: tuple[Media, ...], location: Location | None) -> MessageKind:
    if any(value(form, name) for name in ("ButtonText", "ButtonPayload", "ListId")):
        return MessageKind.TAP
    if location:
        return MessageKind.LOCATION
    if media:
        types = {item.content_type.partition(";")[0].strip().lower() for item in media}
        return MessageKind.CONTACT_CARD if types <= _CARD_TYPES else MessageKind.MEDIA
    return MessageKind.TEXT


def _wish(form: Form, kind: MessageKind, channel: Channel, recipient: str) -> consent.Wish:
    return consent.wish(
        # A button called STOP, or a picture with that caption, is a word of the talk.
        _text(form, kind) if kind == MessageKind.TEXT else "",
        channel=channel,
        opt_out_type=value(form, "OptOutType"),
        recipient=recipient,
    )


def _text(form: Form, kind: MessageKind) -> str:
    if kind == MessageKind.TAP:
        return value(form, "ButtonText") or value(form, "ListTitle") or value(form, "Body")
    return value(form, "Body")
