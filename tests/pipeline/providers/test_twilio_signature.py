"""Only Twilio may call: signatures, rotation, and the ways they go wrong."""

import pytest
from twilio.request_validator import HMAC_SHA256, RequestValidator

from pipeline.errors import SignatureRejected
from pipeline.providers.base import Webhook
from proving.faults.fake_twilio import inbound_form, sign
from tests.pipeline.providers.build import PUBLIC_URL, URL, a_twilio, a_webhook, signed


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"MessagingServiceSid": "MG1"},
        {"AccountSid": "AC-of-a-sub-account"},
        {"Body": "", "FromCity": ""},
        {"Body": "Grüße 👋🏽 & = + %"},
        {"ParameterOfTomorrow": "1"},
    ],
)
def test_what_twilio_signed_is_taken(fields: dict[str, str]) -> None:
    a_twilio().verify(signed(inbound_form(**fields)))


@pytest.mark.parametrize("token", ["old", "new"])
def test_either_token_counts_during_a_rotation(token: str) -> None:
    a_twilio(auth_tokens=("new", "old")).verify(signed(inbound_form(), token=token))


@pytest.mark.parametrize("port", [":443", ""])
def test_twilio_may_sign_with_the_port_or_without(port: str) -> None:
    form = inbound_form()
    signature = sign(URL.replace(".com", f".com{port}"), form)
    a_twilio().verify(a_webhook(form, headers={"x-twilio-signature": signature}))


def test_the_query_is_signed_and_the_fragment_is_not() -> None:
    url = f"{PUBLIC_URL}/webhooks/twilio/status?m=1&a=2"
    form = {"MessageSid": "SM1"}
    a_twilio().verify(signed(form, url=f"{url}#rc=5&rp=all"))
    with pytest.raises(SignatureRejected):
        a_twilio().verify(
            a_webhook(form, headers=signed(form, url=url).headers, url=url.replace("a=2", "a=3"))
        )


def test_several_values_of_one_name_are_signed() -> None:
    form = {"MessageSid": ["SM1"], "Tag": ["b", "a", "b"]}
    headers = {"x-twilio-signature": sign(URL, form)}
    a_twilio().verify(Webhook(url=URL, form=form, headers=headers, query={}))


def test_a_shared_key_signs_with_sha256() -> None:
    form = inbound_form()
    signature = RequestValidator("shared").compute_signature(URL, form, HMAC_SHA256)
    headers = {
        "x-twilio-signature": signature,
        "x-twilio-webhooks-signature-settings": "key=k1,algorithm=HMAC_SHA256",
    }
    a_twilio(auth_tokens=("shared",)).verify(a_webhook(form, headers=headers))


@pytest.mark.parametrize("signature", ["", "x" * 28, "ünicode", sign(URL, {"Body": "other"})])
def test_a_forged_request_is_refused(signature: str) -> None:
    with pytest.raises(SignatureRejected):
        a_twilio().verify(a_webhook(inbound_form(), headers={"x-twilio-signature": signature}))


def test_another_host_is_refused() -> None:
    form = inbound_form()
    headers = {"x-twilio-signature": sign(URL.replace("bot", "evil"), form)}
    with pytest.raises(SignatureRejected):
        a_twilio().verify(a_webhook(form, headers=headers))


def test_text_that_is_no_unicode_is_refused() -> None:
    headers = {"x-twilio-signature": "x" * 28}
    with pytest.raises(SignatureRejected):
        a_twilio().verify(a_webhook({"Body": "\ud800"}, headers=headers))


def test_without_a_token_the_refusal_says_so() -> None:
    with pytest.raises(SignatureRejected, match="TWILIO_AUTH_TOKEN is not set"):
        a_twilio(auth_tokens=()).verify(signed(inbound_form()))
