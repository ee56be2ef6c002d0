"""What Twilio's forms mean: tables in cases/twilio.json."""

from typing import Any

import pytest

from pipeline.errors import WebhookRejected
from pipeline.messages import Inbound, Media
from tests.pipeline.providers.build import CASES, CONTACT, a_twilio, a_webhook, labels

TWILIO = a_twilio()


def plain(inbound: Inbound) -> dict[str, Any]:
    """An inbound message in the words of the table."""
    place = inbound.location
    return {name: getattr(inbound, name) for name in Inbound.__dataclass_fields__} | {
        "media": [[item.url, item.content_type] for item in inbound.media],
        "location": place and [place.latitude, place.longitude, place.label],
    }


@pytest.mark.parametrize("case", CASES["inbound"], ids=labels(CASES["inbound"]))
def test_a_form_is_understood(case: dict[str, Any]) -> None:
    got = plain(TWILIO.inbound(a_webhook(case["form"])))
    assert {name: got[name] for name in case["expected"]} == case["expected"]


@pytest.mark.parametrize("case", CASES["refused"], ids=labels(CASES["refused"]))
def test_an_impossible_form_is_refused_by_field(case: dict[str, Any]) -> None:
    with pytest.raises(WebhookRejected, match=rf"^{case['field']}: .*expected"):
        TWILIO.inbound(a_webhook(case["form"]))


@pytest.mark.parametrize("case", CASES["consent"], ids=labels(CASES["consent"]))
def test_a_wish_is_marked(case: dict[str, Any]) -> None:
    inbound = TWILIO.inbound(a_webhook(case["form"]))
    assert (inbound.consent, inbound.provider_answered) == (case["consent"], case["answered"])


@pytest.mark.parametrize("case", CASES["receipts"], ids=labels(CASES["receipts"]))
def test_a_delivery_callback_is_understood(case: dict[str, Any]) -> None:
    callback = TWILIO.status_callback(a_webhook(case["form"], query=case["query"]))
    assert {name: getattr(callback, name) for name in case["expected"]} == case["expected"]


def test_twenty_media_all_come_in_order() -> None:
    form = {"MessageSid": "MM1", "From": CONTACT, "To": "+15550100", "NumMedia": "20"}
    for index in range(20):
        form |= {f"MediaUrl{index}": f"https://m/{index}", f"MediaContentType{index}": "image/png"}
    media = TWILIO.inbound(a_webhook(form)).media
    assert media == tuple(Media(f"https://m/{index}", "image/png") for index in range(20))
