"""STOP, START and HELP as Twilio handles them: which ones it recognised and answered itself."""

from collections.abc import Mapping
from dataclasses import replace

from pipeline.conversation.consent_keywords import KEYWORDS
from pipeline.enums import Consent
from pipeline.messages import Inbound
from pipeline.providers import webhook_form
from pipeline.providers.webhook_content import value

# Sent where Advanced Opt-Out is on: https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out
_OPT_OUT_TYPES: Mapping[str, Consent] = {consent.name: consent for consent in Consent}


def marked(inbound: Inbound, form: webhook_form.Form) -> Inbound:
    """The message with the consent that Twilio saw in it, and whether Twilio answered it."""
    consent = _OPT_OUT_TYPES.get(value(form, "OptOutType").upper())
    if consent:
        return replace(inbound, consent=consent, provider_answered=True)
    if inbound.consent and _is_answered(inbound):
        return replace(inbound, provider_answered=True)
    return inbound


def _is_answered(inbound: Inbound) -> bool:
    """Whether Twilio answers this keyword by default.

    Not on WhatsApp, and not on a short code: https://help.twilio.com/articles/223181748
    """
    is_number = inbound.channel == "sms" and inbound.recipient.startswith("+")
    return is_number and inbound.text.strip().upper() in KEYWORDS
