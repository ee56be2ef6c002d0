"""Looking into Twilio's list: sends of unknown outcome, and messages we missed."""

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.errors import NotSent, OutcomeUnknown, SendError
from pipeline.messages import Media
from proving.faults.fake_twilio import FakeTwilio
from tests.pipeline.providers.build import CONTACT, OUR_NUMBER, a_twilio, an_outbound

NOW = datetime.now(UTC)
AGO = NOW - timedelta(minutes=5)


def test_a_message_of_unknown_outcome_is_found(fake: FakeTwilio) -> None:
    fake.turn(after_create="reset")
    with pytest.raises(OutcomeUnknown):
        a_twilio(fake).send(an_outbound())
    [found] = a_twilio(fake).find(an_outbound(), AGO)
    assert (found.provider_id, found.status) == (fake.creates[0].sid, "accepted")
    assert found.created_at >= AGO


@pytest.mark.parametrize(
    "other", [{"body": "Other"}, {"recipient": "+15550199"}, {"sender": "+15550111"}]
)
def test_another_message_is_not_taken_for_it(fake: FakeTwilio, other: dict[str, str]) -> None:
    a_twilio(fake).send(an_outbound(**other))
    assert a_twilio(fake).find(an_outbound(), AGO) == []


def test_an_older_one_is_not_taken_for_it(fake: FakeTwilio) -> None:
    a_twilio(fake).send(an_outbound())
    assert a_twilio(fake).find(an_outbound(), datetime.now(UTC) + timedelta(seconds=2)) == []


def test_what_the_contact_wrote_is_not_taken_for_it(fake: FakeTwilio) -> None:
    fake.add_inbound({"From": OUR_NUMBER, "To": CONTACT, "Body": "Hello"})
    assert a_twilio(fake).find(an_outbound(), AGO) == []


def test_several_alike_are_all_told(fake: FakeTwilio) -> None:
    sent = [a_twilio(fake).send(an_outbound()).provider_id for _ in range(60)]
    found = a_twilio(fake).find(an_outbound(), AGO)
    assert {item.provider_id for item in found} == set(sent)


def test_the_service_chose_the_sender(fake: FakeTwilio) -> None:
    twilio = a_twilio(fake, messaging_service_sid="MG1")
    sent = twilio.send(an_outbound())
    assert [item.provider_id for item in twilio.find(an_outbound(), AGO)] == [sent.provider_id]


def test_a_template_is_found_whatever_twilio_made_of_it(fake: FakeTwilio) -> None:
    fake.contents.add({"types": {"twilio/text": {"body": "Hi {{1}}"}}}, sid="HX1")
    template = an_outbound(channel="whatsapp", body="", content={"content_sid": "HX1"})
    sent = a_twilio(fake).send(template)
    [found] = a_twilio(fake).find(template, AGO)
    assert found.provider_id == sent.provider_id


def test_the_trial_accounts_preface_does_not_hide_it(fake: FakeTwilio) -> None:
    a_twilio(fake).send(an_outbound(body="Sent from your Twilio trial account - Hello"))
    assert len(a_twilio(fake).find(an_outbound(), AGO)) == 1


def test_a_look_that_fails_says_so() -> None:
    with pytest.raises(NotSent):
        a_twilio().find(an_outbound(), AGO)
    with pytest.raises(SendError):
        list(a_twilio().inbound_since(AGO, [OUR_NUMBER]))


def test_missed_messages_come_oldest_first(fake: FakeTwilio) -> None:
    sids = [
        fake.add_inbound(
            {"From": CONTACT, "To": OUR_NUMBER, "Body": str(minute)},
            sent_at=NOW - timedelta(minutes=minute),
        )
        for minute in (1, 3, 2)
    ]
    missed = list(a_twilio(fake).inbound_since(NOW - timedelta(minutes=10), [OUR_NUMBER]))
    assert [item.text for item in missed] == ["3", "2", "1"]
    assert {item.provider_id for item in missed} == set(sids)
    assert all(item.sent_at for item in missed)


def test_whatsapp_and_sms_of_a_number_are_both_pulled(fake: FakeTwilio) -> None:
    fake.add_inbound({"From": CONTACT, "To": OUR_NUMBER})
    fake.add_inbound({"From": f"whatsapp:{CONTACT}", "To": f"whatsapp:{OUR_NUMBER}"})
    missed = a_twilio(fake).inbound_since(AGO, [OUR_NUMBER])
    assert sorted(item.channel for item in missed) == ["sms", "whatsapp"]


def test_only_what_is_new_and_inbound_is_pulled(fake: FakeTwilio) -> None:
    fake.add_inbound({"From": CONTACT, "To": OUR_NUMBER}, sent_at=NOW - timedelta(hours=1))
    a_twilio(fake).send(an_outbound(recipient=OUR_NUMBER))
    assert list(a_twilio(fake).inbound_since(AGO, [OUR_NUMBER])) == []


def test_a_missing_sender_does_not_stop_the_pull(fake: FakeTwilio) -> None:
    fake.add_inbound({"From": " ", "To": OUR_NUMBER})
    fake.add_inbound({"From": CONTACT, "To": OUR_NUMBER, "Body": "Hello"})
    missed = list(a_twilio(fake).inbound_since(AGO, [OUR_NUMBER]))
    assert [item.text for item in missed] == ["Hello"]


@pytest.mark.parametrize(
    "sender", ["+999", "VERIFY!", "Müller", "rcs:+14155550201", "12345678901234567890"]
)
def test_whoever_wrote_is_pulled(fake: FakeTwilio, sender: str) -> None:
    fake.add_inbound({"From": sender, "To": OUR_NUMBER, "Body": "Hello"})
    [missed] = a_twilio(fake).inbound_since(AGO, [OUR_NUMBER])
    assert missed.contact_key == sender.removeprefix("rcs:")


def test_our_names_on_other_channels_are_pulled(fake: FakeTwilio) -> None:
    fake.add_inbound({"From": f"rcs:{CONTACT}", "To": "rcs:brand_agent", "Body": "Hello"})
    [missed] = a_twilio(fake).inbound_since(AGO, [OUR_NUMBER, "rcs:brand_agent"])
    assert (missed.channel, missed.recipient) == ("rcs", "brand_agent")


def test_missed_media_come_with_their_addresses(fake: FakeTwilio) -> None:
    fields = {"From": CONTACT, "To": OUR_NUMBER, "MessageSid": "MM1"}
    fake.add_inbound(fields, media=("image/png",))
    [missed] = a_twilio(fake).inbound_since(AGO, [OUR_NUMBER])
    path = f"/2010-04-01/Accounts/{fake.account}/Messages/MM1/Media/ME{0:032x}"
    assert missed.media == (Media(f"https://api.twilio.com{path}", "image/png"),)
    assert missed.kind == "media"


def test_more_than_a_page_of_missed_messages_comes_whole(fake: FakeTwilio) -> None:
    for index in range(1001):
        fake.add_inbound({"From": CONTACT, "To": OUR_NUMBER, "Body": str(index)})
    assert len(list(a_twilio(fake).inbound_since(AGO, [OUR_NUMBER]))) == 1001
