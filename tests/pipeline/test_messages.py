"""The values that travel, and what of them may be seen in a log."""

import json
from datetime import UTC

from hypothesis import given
from hypothesis import strategies as st

from pipeline.messages import Inbound, Location, Media, Outbound, storable
from tests.builders import an_inbound

texts = st.text(st.characters(codec="utf-8"), max_size=40)
inbounds = st.builds(
    Inbound,
    provider=texts,
    account_id=texts,
    provider_id=texts,
    channel=st.sampled_from(["sms", "whatsapp"]),
    contact_key=texts,
    recipient=texts,
    kind=st.sampled_from(["text", "media", "tap", "location", "contact_card"]),
    text=texts,
    phone=st.none() | texts.filter(bool),
    profile_name=texts,
    button_id=texts,
    media=st.lists(st.builds(Media, texts, texts, texts), max_size=3).map(tuple),
    location=st.none() | st.builds(Location, st.floats(-90, 90), st.floats(-180, 180), label=texts),
    consent=st.none() | st.sampled_from(["stop", "start", "help"]),
    provider_answered=st.booleans(),
    sent_at=st.none() | st.datetimes(timezones=st.just(UTC)),
)


@given(inbounds)
def test_inbound_survives_json(message: Inbound) -> None:
    required = {"provider", "provider_id", "channel", "contact_key", "recipient"}
    values = message.to_json()
    if required <= values.keys():
        assert Inbound.from_json(json.loads(json.dumps(values))) == message


@given(st.text())
def test_storable_text_is_taken_by_a_database(text: str) -> None:
    clean = storable(text)
    assert "\x00" not in clean
    assert clean.encode().decode() == clean
    assert len(clean) == len(text)
    assert storable(clean) == clean


def test_storable_keeps_what_can_be_kept() -> None:
    assert storable("Grüße 👋\n\t") == "Grüße 👋\n\t"
    assert storable("a\x00b\ud83d") == "a\ufffdb\ufffd"


def test_no_body_and_no_number_in_a_repr() -> None:
    message = an_inbound("my secret", phone="+14155550123", contact_key="+14155550123")
    out = Outbound("m1", 1, "sms", "+14155550123", body="my secret")
    for shown in (repr(message), repr(out)):
        assert "secret" not in shown
        assert "0123" not in shown
