"""STOP, START and HELP keywords: which messages ask to be messaged, or not to be.

They are only marked here. START keywords (START, YES, UNSTOP) mean something only from a contact
who has opted out; pipeline/converse/consent.py decides what follows.
"""

from collections.abc import Mapping

from pipeline.enums import Consent
from pipeline.messages import Channel

# On SMS, as the only word of a message, in any case:
# https://help.twilio.com/articles/223134027 and
# https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out (REVOKE, OPTOUT).
KEYWORDS: Mapping[str, Consent] = {
    **dict.fromkeys(
        ("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"),
        Consent.STOP,
    ),
    **dict.fromkeys(("START", "YES", "UNSTOP"), Consent.START),
    **dict.fromkeys(("HELP", "INFO"), Consent.HELP),
}
# These mean nothing else in a conversation, so they count on WhatsApp too, and with a full stop:
# WhatsApp's policy wants every opt-out honoured, https://business.whatsapp.com/policy
_UNAMBIGUOUS: Mapping[str, Consent] = {
    **dict.fromkeys(("STOP", "STOPALL", "UNSUBSCRIBE", "REVOKE", "OPTOUT"), Consent.STOP),
    **dict.fromkeys(("START", "UNSTOP"), Consent.START),
}
_LONGEST = 16


def consent(text: str, channel: Channel) -> Consent | None:
    """What the text of a message asks for, if it is one of the keywords."""
    if len(text) > _LONGEST:
        return None
    keyword = text.strip().upper()
    if channel == "sms" and keyword in KEYWORDS:
        return KEYWORDS[keyword]
    return _UNAMBIGUOUS.get(keyword.strip(" .,!\"'"))
