"""The provider without an account."""

from pipeline.providers.simulator.provider import OUR_NUMBER, Simulator
from tests.pipeline.providers.build import a_webhook, an_outbound


def test_a_sender_and_a_text_are_enough() -> None:
    inbound = Simulator().inbound(a_webhook({"From": "+15550123", "Body": "Hello"}))
    assert (inbound.recipient, inbound.text) == (OUR_NUMBER, "Hello")
    assert inbound.provider_id.startswith("SIM")


def test_every_message_without_an_id_is_a_new_one() -> None:
    webhook = a_webhook({"From": "+15550123", "Body": "Hello"})
    simulator = Simulator()
    assert simulator.inbound(webhook).provider_id != simulator.inbound(webhook).provider_id


def test_a_tap_keeps_its_button() -> None:
    form = {"From": "whatsapp:+15550123", "ButtonText": "Join", "ButtonPayload": "join"}
    inbound = Simulator().inbound(a_webhook(form))
    assert (inbound.kind, inbound.button_id, inbound.text) == ("tap", "join", "Join")


def test_nobody_has_answered_a_stop() -> None:
    inbound = Simulator().inbound(a_webhook({"From": "+15550123", "Body": "STOP"}))
    assert (inbound.consent, inbound.provider_answered) == ("stop", False)


def test_what_is_sent_counts_as_delivered() -> None:
    assert Simulator().send(an_outbound()).status == "delivered"


def test_anybody_may_write() -> None:
    Simulator().verify(a_webhook({"From": "+15550123"}))
