"""What a form carries besides text and files is kept, and nothing of it is ever refused."""

import json
from typing import Any

import pytest

from pipeline.messages import Inbound, Referral
from pipeline.records.core.log_rows import content_of
from tests.pipeline.providers.build import a_twilio, a_webhook

TWILIO = a_twilio()
MALE = '{"type":"nfm_reply","nfm_reply":{"response_json":"{\\"size\\":\\"M\\"}","body":"Sent"}}'


def got(**fields: str) -> Inbound:
    """The message of a form, as the inbox keeps it."""
    base = {"MessageSid": "SM1", "From": "whatsapp:+14155550132", "To": "whatsapp:+15550100"}
    message = TWILIO.inbound(a_webhook(base | fields))
    assert Inbound.from_json(json.loads(json.dumps(message.to_json()))) == message
    return message


@pytest.mark.parametrize(
    ("fields", "kind", "type_"),
    [
        ({"Body": "hi", "MessageType": "text"}, "text", ""),
        ({"Body": "hi", "MessageType": "TEXT"}, "text", ""),
        ({"MessageType": "reaction"}, "reaction", ""),
        ({"MessageType": "order"}, "order", ""),
        ({"MessageType": "unsupported"}, "unsupported", ""),
        ({"MessageType": "interactive"}, "interactive", ""),
        ({"MessageType": "contacts"}, "contact_card", "contacts"),
        ({"MessageType": "poll", "Body": "Pizza?"}, "poll", ""),
        ({"MessageType": "System_Message"}, "system_message", ""),
        ({"MessageType": "x" * 500}, "x" * 32, ""),
        ({"MessageType": "button", "ButtonText": "Yes", "ButtonPayload": "y"}, "tap", "button"),
        (
            {"MessageType": "interactive", "ButtonText": "Yes", "InteractiveData": "{}"},
            "tap",
            "interactive",
        ),
    ],
)
def test_the_kind_is_kept_in_the_providers_word(
    fields: dict[str, str], kind: str, type_: str
) -> None:
    message = got(**fields)
    assert (message.kind, message.type) == (kind, type_)


@pytest.mark.parametrize("word", ["image", "audio", "video", "document", "sticker"])
def test_a_file_says_what_it_is(word: str) -> None:
    file = {"NumMedia": "1", "MediaUrl0": "https://api.twilio.com/m/0", "MediaContentType0": "a/b"}
    message = got(MessageType=word, **file)
    assert message.kind == ("sticker" if word == "sticker" else "media")
    assert message.type in {word, ""}
    assert [item.url for item in message.media] == ["https://api.twilio.com/m/0"]


@pytest.mark.parametrize(
    ("fields", "answers"),
    [
        ({"InteractiveData": MALE}, {"size": "M"}),
        ({"InteractiveData": MALE, "Body": "Sent", "MessageType": "interactive"}, {"size": "M"}),
        ({"InteractiveData": '{"nfm_reply":{"response_json":{"size":"M"}}}'}, {"size": "M"}),
        ({"InteractiveData": '{"response_json":"{\\"size\\":\\"M\\"}"}'}, {"size": "M"}),
        ({"FlowData": '{"size":"M","n":2,"all":["a"]}'}, {"size": "M", "n": 2, "all": ["a"]}),
        ({"FlowData": '{"a":"x\\u0000y","b\\u0000":1}'}, {"a": "x\ufffdy", "b\ufffd": 1}),
        ({"FlowData": '{"a":"\\ud800"}'}, {"a": "\ufffd"}),
        ({"FlowData": '{"a":1e999,"b":NaN}'}, {"a": "inf", "b": "nan"}),
        ({"FlowData": f'{{"a":{10**40}}}'}, {"a": "1e+40"}),
        ({"FlowData": '{"type":"x"}'}, {}),
        ({"InteractiveData": '{"type":"button_reply","button_reply":{"id":"1"}}'}, {}),
    ],
)
def test_the_answers_of_a_form_are_parsed(fields: dict[str, str], answers: dict[str, Any]) -> None:
    message = got(**fields)
    assert message.form == answers
    if answers:
        assert (message.kind, message.form_text) == ("interactive", "")
        assert content_of(message)["form"] == answers


@pytest.mark.parametrize(
    "broken",
    [
        *("{broken", "", "[]", "null", '"text"', "[" * 20_000, '{"a":' * 500 + "1" + "}" * 500),
        *('{"nfm_reply":{"response_json":"{broken"}}', '{"nfm_reply":"x"}', '{"nfm_reply":null}'),
        '{"nfm_reply":' * 300 + "1" + "}" * 300,
    ],
)
@pytest.mark.parametrize("name", ["InteractiveData", "FlowData"])
def test_a_form_that_cannot_be_read_is_kept_as_text(name: str, broken: str) -> None:
    message = got(MessageType="interactive", **{name: broken})
    assert (message.kind, message.form) == ("interactive", {})
    assert message.form_text == broken[:4000]


def test_an_ad_is_kept() -> None:
    message = got(
        Body="Hi",
        ReferralSourceType="ad",
        ReferralHeadline="Lamps",
        ReferralBody="Half price",
        ReferralSourceUrl="https://fb.me/x",
        ReferralSourceId="120",
        ReferralMediaUrl="https://cdn.example/a.jpg",
        ReferralMediaContentType="image/jpeg",
        ReferralCtwaClid="ARA",
        ReferralNumMedia="1",
    )
    assert message.referral == Referral(
        source_type="ad",
        source_id="120",
        source_url="https://fb.me/x",
        headline="Lamps",
        body="Half price",
        media_url="https://cdn.example/a.jpg",
        media_type="image/jpeg",
        ctwa_clid="ARA",
    )
    assert content_of(message)["referral"]["headline"] == "Lamps"
    assert (message.kind, message.text, dict(message.extra)) == ("text", "Hi", {})


def test_a_reply_and_a_forward_are_kept() -> None:
    fields = {"OriginalRepliedMessageSender": "whatsapp:+15550100", "Body": "this one"}
    message = got(OriginalRepliedMessageSid="SM9", Forwarded="true", **fields)
    assert (message.reply_to, message.is_forwarded, message.is_forwarded_often) == (
        "SM9",
        True,
        False,
    )
    assert content_of(message) == {
        "reply_to": "SM9",
        "reply_to_sender": "whatsapp:+15550100",
        "forwarded": "once",
    }
    often = got(Body="x", Forwarded="false", FrequentlyForwarded="true")
    assert content_of(often) == {"forwarded": "often"}
    assert content_of(got(Body="x", Forwarded="false")) == {}


def test_a_reaction_is_its_emoji() -> None:
    message = got(MessageType="reaction", Body="👍", OriginalRepliedMessageSid="SM9")
    assert (message.reaction, message.text, message.reply_to) == ("👍", "", "SM9")
    assert content_of(message) == {"reply_to": "SM9", "reaction": "👍"}
    assert content_of(got(MessageType="reaction", Body="")) == {}


@pytest.mark.parametrize(
    ("fields", "kind", "place"),
    [
        ({"Label": "Cafe", "Address": "1 High Street"}, "place", "Cafe, 1 High Street"),
        ({"Address": "1 High Street"}, "place", "1 High Street"),
        ({"Label": "Cafe", "Body": "here"}, "text", "Cafe"),
        ({"Label": "Cafe", "Latitude": "51.5"}, "place", "Cafe"),
        ({"Label": "Cafe", "Latitude": "51.5", "Longitude": "0"}, "location", ""),
    ],
)
def test_a_place_without_coordinates_is_kept(fields: dict[str, str], kind: str, place: str) -> None:
    message = got(**fields)
    assert (message.kind, message.place) == (kind, place)


def test_parameters_of_tomorrow_are_kept_by_name() -> None:
    message = got(Body="hi", Catalog="7", MediaUrl0="x", FromCity="Rome", Empty="", Nul="a\0b")
    assert dict(message.extra) == {"Catalog": "7", "Nul": "a\ufffdb"}
    many = got(Body="hi", **{f"New{number:03}": "x" * 5000 for number in range(200)})
    assert len(many.extra) == 20
    assert {len(text) for text in many.extra.values()} == {1000}


def test_a_plain_sms_has_no_content() -> None:
    fields = {"FromCity": "ROME", "ToState": "NY", "NumSegments": "1", "ApiVersion": "2010-04-01"}
    assert content_of(got(Body="hi", **fields)) == {}


def test_what_a_newer_release_added_is_left_out() -> None:
    values = got(Body="hi").to_json() | {"kind": "hologram", "of_tomorrow": 1}
    message = Inbound.from_json(values)
    assert (message.kind, message.text) == ("hologram", "hi")
