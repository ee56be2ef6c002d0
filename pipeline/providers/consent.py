"""STOP, START and HELP: which messages are a wish about being messaged at all.

Only marked here. START words (START, YES, UNSTOP) mean something only to a contact who has opted
out, and what HELP or STOP leads to is for the engine to settle (pipeline/converse.py).
"""

from collections.abc import Mapping
from typing import NamedTuple

from pipeline.enums import Consent
from pipeline.messages import Channel

# What Twilio acts on by default, only as the single word of a message, in any case:
# https://help.twilio.com/articles/223134027 and
# https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out (REVOKE, OPTOUT).
_WORDS: Mapping[str, Consent] = {
    **dict.fromkeys(
        ("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"),
        Consent.STOP,
    ),
    **dict.fromkeys(("START", "YES", "UNSTOP"), Consent.START),
    **dict.fromkeys(("HELP", "INFO"), Consent.HELP),
}
# These have no second meaning in a talk, so they count on WhatsApp too, and with a full stop.
# Twilio's keyword handling does not cover WhatsApp, but WhatsApp's policy wants every request to
# stop honoured: https://business.whatsapp.com/policy
_PLAIN: Mapping[str, Consent] = {
    **dict.fromkeys(("STOP", "STOPALL", "UNSUBSCRIBE", "REVOKE", "OPTOUT"), Consent.STOP),
    **dict.fromkeys(("START", "UNSTOP"), Consent.START),
}
_OPT_OUT_TYPES: Mapping[str, Consent] = {consent.name: consent for consent in Consent}
_LONGEST = 16


class Wish(NamedTuple):
    """What the contact wants, and whether the provider has answered and acted already."""

    consent: Consent | None = None
    is_answered: bool = False


def wish(text: str, *, channel: Channel, opt_out_type: str, recipient: str) -> Wish:
    """The wish in a message; `opt_out_type` is what the provider itself made of it, or ""."""
    if known := _OPT_OUT_TYPES.get(opt_out_type.upper()):
        return Wish(known, is_answered=True)
    if len(text) > _LONGEST:
        return Wish()
    word = text.strip().upper()
    if channel == "sms" and word in _WORDS:
        # A short code of its own answers nothing by default:
        # https://help.twilio.com/articles/223181748
        return Wish(_WORDS[word], is_answered=recipient.startswith("+"))
    return Wish(_PLAIN.get(word.strip(" .,!\"'")))
