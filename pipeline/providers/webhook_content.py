"""What a form of webhook_form.py carries besides text and files: forms, ads, quotes, and the rest.

https://www.twilio.com/docs/messaging/guides/webhook-request. Nothing here is ever refused: what
cannot be read is kept as text, and unknown parameters are kept by their names.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from pipeline.enums import MessageKind
from pipeline.jsons import JsonObject, from_json
from pipeline.messages import Referral, storable

Form = Mapping[str, list[str]]

_LONGEST_WORD = 32
_LONGEST_ID = 64
_LONGEST_ADDRESS = 160
_LONGEST_EXTRA = 1000
_MOST_EXTRAS = 20
_LONGEST_FORM = 4000
_DEEPEST = 20

# What nearly every form has: one with nothing else costs no second look.
_PLAIN = frozenset(
    {
        "MessageSid", "SmsSid", "SmsMessageSid", "AccountSid", "MessagingServiceSid", "From", "To",
        "Body", "NumMedia", "NumSegments", "SmsStatus", "MessageStatus", "ApiVersion",
        "ProfileName", "WaId", "FromCity", "FromState", "FromZip", "FromCountry",
        "ToCity", "ToState", "ToZip", "ToCountry",
    }
)  # fmt: skip
TAPS = ("ButtonText", "ButtonPayload", "ListId")
# The others that are read, or say nothing about the message.
_KNOWN = _PLAIN | frozenset(
    {
        "ExternalUserId", "ParentExternalUserId", "Username", "AddOns", "OptOutType", "ButtonText",
        "ButtonPayload", "ButtonType", "ListId", "ListTitle", "ListDescription", "Latitude",
        "Longitude", "Address", "Label", "MessageType", "InteractiveData", "FlowData", "Forwarded",
        "FrequentlyForwarded", "ReferralNumMedia", "ChannelMetadata", "OriginalRepliedMessageSid",
        "OriginalRepliedMessageSender",
    }
)  # fmt: skip
_REFERRAL = {
    "ReferralSourceType": "source_type",
    "ReferralSourceId": "source_id",
    "ReferralSourceUrl": "source_url",
    "ReferralHeadline": "headline",
    "ReferralBody": "body",
    "ReferralMediaUrl": "media_url",
    "ReferralMediaContentType": "media_type",
    "ReferralMediaId": "media_id",
    "ReferralCtwaClid": "ctwa_clid",
}
_NUMBERED = ("MediaUrl", "MediaContentType", "MediaSid")


def value(form: Form, name: str) -> str:
    """The first value of a field, fit for a database; "" when it is missing."""
    values = form.get(name)
    return storable(values[0]) if values else ""


def contents(form: Form, kind: str) -> JsonObject:
    """The fields of an Inbound of this kind that most forms do not have."""
    if not (rest := form.keys() - _PLAIN):
        return {}
    answers, raw = _answers(form)
    found = {
        "type": word(form) if word(form) not in {kind, "text"} else "",
        "reaction": emoji(form) if kind == MessageKind.REACTION else "",
        "reply_to": value(form, "OriginalRepliedMessageSid").strip()[:_LONGEST_ID],
        "reply_to_sender": value(form, "OriginalRepliedMessageSender")[:_LONGEST_ADDRESS],
        "form": answers,
        "form_text": raw,
        "referral": _referral(form),
        "is_forwarded": _is_true(form, "Forwarded") or _is_true(form, "FrequentlyForwarded"),
        "is_forwarded_often": _is_true(form, "FrequentlyForwarded"),
        "extra": _extra(form, rest),
    }
    return {name: given for name, given in found.items() if given}


def word(form: Form) -> str:
    """The provider's word for the kind of message, as "sticker"; "" where it says none."""
    return value(form, "MessageType").strip().lower()[:_LONGEST_WORD]


def place(form: Form) -> str:
    """A place's name and address, which often repeat each other."""
    words = dict.fromkeys(filter(None, (value(form, "Label"), value(form, "Address"))))
    return ", ".join(words)


def emoji(form: Form) -> str:
    """The emoji of a reaction; "" if the body is something longer."""
    body = value(form, "Body").strip()
    return body if len(body) <= _LONGEST_WORD else ""


def has_answers(form: Form) -> bool:
    """Whether the contact filled in a form."""
    has_some = "InteractiveData" in form or "FlowData" in form
    return has_some and bool(_answers(form)[0])


def _answers(form: Form) -> tuple[JsonObject, str]:
    """The answers of a form that the contact filled in, and the text of one that is not JSON.

    https://developers.facebook.com/docs/whatsapp/flows/guides/receiveflowresponse
    """
    flow, interactive = value(form, "FlowData"), value(form, "InteractiveData")
    for text in filter(None, (interactive, flow)):
        if answers := _flow_answers(_parsed(text)):
            return answers, ""
    # A tap says in its own fields what was tapped.
    is_tap = any(value(form, name) for name in TAPS)
    return {}, "" if is_tap else (interactive or flow)[:_LONGEST_FORM]


def _flow_answers(parsed: Any) -> JsonObject:
    """The answers in what was sent, which may be wrapped; {} if there are none."""
    if not isinstance(parsed, dict):
        return {}
    if "nfm_reply" in parsed:
        return _flow_answers(parsed["nfm_reply"])
    if "response_json" in parsed:
        inner = parsed["response_json"]
        return _flow_answers(_parsed(inner) if isinstance(inner, str) else inner)
    # One that says what it is, as {"type": "button_reply", …}, holds no answers.
    return {} if isinstance(parsed.get("type"), str) and len(parsed) <= 2 else parsed


def _parsed(text: str) -> Any:
    try:
        return _clean(from_json(text))
    except (ValueError, RecursionError):
        return None


def _clean(found: Any, depth: int = 0) -> Any:
    """The value in a form that every database takes. Raises ValueError for one too deep."""
    if depth > _DEEPEST:
        raise ValueError("nested too deeply")
    if isinstance(found, str):
        return storable(found)
    if isinstance(found, dict):
        return {storable(str(name)): _clean(item, depth + 1) for name, item in found.items()}
    if isinstance(found, list):
        return [_clean(item, depth + 1) for item in found]
    # Integers beyond 64 bits, NaN and infinities: not in every database's JSON.
    if isinstance(found, int | float) and not abs(found) < 2**63:
        return str(found)
    return found


def _referral(form: Form) -> Referral | None:
    """The ad or post that led the contact here."""
    given = {ours: text for theirs, ours in _REFERRAL.items() if (text := value(form, theirs))}
    return Referral(**given) if given else None


def _is_true(form: Form, name: str) -> bool:
    return value(form, name).strip().lower() in {"true", "1"}


def _extra(form: Form, names: AbstractSet[str]) -> dict[str, str]:
    """Parameters that Parley does not know, by name; the form itself is deleted after a while."""
    unknown = sorted(
        name
        for name in names
        if name not in _KNOWN
        and name not in _REFERRAL
        and name.rstrip("0123456789") not in _NUMBERED
    )
    return {
        storable(name)[:_LONGEST_ID]: text[:_LONGEST_EXTRA]
        for name in unknown[:_MOST_EXTRAS]
        if (text := value(form, name))
    }
