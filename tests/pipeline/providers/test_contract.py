"""What every registered provider keeps, whichever it is."""

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.errors import SettingsError, WebhookRejected
from pipeline.providers import registry
from pipeline.providers.base import Provider
from pipeline.settings import Settings
from proving.faults.fake_twilio import FakeTwilio, inbound_form
from proving.faults.fake_twilio.webhooks import ACCOUNT, TOKEN
from tests.pipeline.providers.build import OUR_NUMBER, a_webhook, an_outbound

LONG_AGO = datetime.now(UTC) - timedelta(hours=1)


@pytest.fixture(params=sorted(registry.PROVIDERS))
def provider(request: pytest.FixtureRequest, fake: FakeTwilio) -> Provider:
    """Each provider in turn, made as the processes make it."""
    settings = Settings.complete().model_validate(
        {
            "twilio_account_sid": ACCOUNT,
            "twilio_auth_token": TOKEN,
            "twilio_phone_number": OUR_NUMBER,
            "twilio_api_base_url": fake.url,
        }
    )
    return registry.create(request.param, settings)


def test_a_provider_is_called_by_its_name(provider: Provider) -> None:
    assert provider.name in registry.PROVIDERS


def test_a_text_comes_in(provider: Provider) -> None:
    inbound = provider.inbound(a_webhook(inbound_form(Body="Hello", MessageSid="SM1")))
    assert (inbound.provider, inbound.provider_id) == (provider.name, "SM1")
    assert (inbound.contact_key, inbound.recipient) == ("+15550123", OUR_NUMBER)
    assert inbound.text == "Hello"


def test_the_same_webhook_has_the_same_id(provider: Provider) -> None:
    webhook = a_webhook(inbound_form())
    assert provider.inbound(webhook).provider_id == provider.inbound(webhook).provider_id


def test_an_impossible_number_is_refused(provider: Provider) -> None:
    with pytest.raises(WebhookRejected, match=r"^From: '\+999' is no possible number; expected"):
        provider.inbound(a_webhook(inbound_form(From="+999")))


def test_a_receipt_brings_our_id_back(provider: Provider) -> None:
    form = {"MessageSid": "SM1", "MessageStatus": "delivered"}
    callback = provider.status_callback(a_webhook(form, query={"m": "0197", "a": "3"}))
    assert (callback.status, callback.message_id, callback.attempt) == ("delivered", "0197", 3)


def test_a_receipt_without_an_id_is_refused(provider: Provider) -> None:
    with pytest.raises(WebhookRejected, match=r"^MessageSid: missing"):
        provider.status_callback(a_webhook({"MessageStatus": "delivered"}))


def test_each_send_has_an_id_of_its_own(provider: Provider) -> None:
    first, second = provider.send(an_outbound()), provider.send(an_outbound())
    assert first.provider_id
    assert first.provider_id != second.provider_id


def test_nothing_is_found_where_nothing_was_sent(provider: Provider) -> None:
    assert list(provider.find(an_outbound(), LONG_AGO)) == []
    assert list(provider.inbound_since(LONG_AGO, [OUR_NUMBER])) == []


def test_a_good_account_has_no_problems(provider: Provider) -> None:
    assert provider.check() == []


def test_an_unknown_provider_lists_the_known_ones() -> None:
    with pytest.raises(SettingsError, match=r"PROVIDER: .*expected one of simulator, twilio"):
        Settings.load(provider="pigeon")
