"""Sending through Twilio: what goes out, and what each outcome means."""

import logging
import socket
import threading
from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline import errors
from pipeline.errors import NotSent, OutcomeUnknown, SenderBlocked
from pipeline.providers import registry
from pipeline.providers.twilio.settings import Account, TwilioSettings
from proving.faults.fake_twilio import FakeTwilio
from proving.faults.fake_twilio.webhooks import ACCOUNT, TOKEN
from tests.pipeline.providers.build import CASES, CONTACT, a_twilio, an_outbound, labels

USER_ID = "whatsapp:US.1234"


def test_a_text_goes_out_with_its_callback(fake: FakeTwilio) -> None:
    accepted = a_twilio(fake).send(an_outbound(message_id="0197", attempt=2))
    [create] = fake.creates
    assert accepted.provider_id == create.sid
    assert (accepted.status, accepted.segments) == ("accepted", 1)
    assert create.form == {
        "To": CONTACT,
        "From": "+15550100",
        "Body": "Hello",
        "StatusCallback": "https://bot.example.com/webhooks/twilio/status?m=0197&a=2#rc=5&rp=all",
    }


@pytest.mark.parametrize(
    ("settings", "outbound", "expected"),
    [
        ({}, {"sender": "+15550111"}, {"From": "+15550111"}),
        ({"messaging_service_sid": "MG1"}, {}, {"MessagingServiceSid": "MG1", "From": None}),
        (
            {"messaging_service_sid": "MG1"},
            {"sender": "384387"},
            {"From": "384387", "MessagingServiceSid": None},
        ),
        (
            {},
            {"channel": "whatsapp"},
            {"To": f"whatsapp:{CONTACT}", "From": "whatsapp:+15550100"},
        ),
        ({}, {"channel": "whatsapp", "recipient": USER_ID}, {"To": USER_ID}),
        ({"public_url": ""}, {}, {"StatusCallback": None}),
        ({}, {"body": "", "media_urls": ("https://m/1",)}, {"MediaUrl": "https://m/1"}),
        (
            {},
            {"content": {"content_sid": "HX1", "content_variables": {"1": "Jo"}}},
            {"ContentSid": "HX1", "ContentVariables": '{"1": "Jo"}', "Body": None},
        ),
        ({}, {"body": "Grüße 👋🏽\n& more"}, {"Body": "Grüße 👋🏽\n& more"}),
    ],
)
def test_a_request_says_what_it_should(
    fake: FakeTwilio, settings: dict[str, Any], outbound: dict[str, Any], expected: dict[str, Any]
) -> None:
    fake.contents.add({"types": {"twilio/text": {"body": "Hi {{1}}"}}}, sid="HX1")
    a_twilio(fake, **settings).send(an_outbound(**outbound))
    assert {name: fake.creates[0].form.get(name) for name in expected} == expected


def test_without_any_sender_the_rows_wait(fake: FakeTwilio) -> None:
    with pytest.raises(SenderBlocked, match="TWILIO_PHONE_NUMBER"):
        a_twilio(fake, phone_number="").send(an_outbound())


@pytest.mark.parametrize("case", CASES["answers"], ids=labels(CASES["answers"]))
def test_an_answer_decides(fake: FakeTwilio, case: dict[str, Any]) -> None:
    fake.turn(status=case["status"], code=case["code"])
    with pytest.raises(errors.SendError) as raised:
        a_twilio(fake).send(an_outbound())
    assert type(raised.value).__name__ == case["error"]
    assert raised.value.reason.strip()


@pytest.mark.parametrize(("code", "header", "least"), [(20429, "7", 7), (20429, "", 1)])
def test_too_fast_says_how_long_to_wait(
    fake: FakeTwilio, code: int, header: str, least: float
) -> None:
    fake.turn(status=429, code=code, retry_after=header)
    with pytest.raises(NotSent) as raised:
        a_twilio(fake).send(an_outbound())
    assert (raised.value.retry_after, raised.value.slow_down) == (least, True)


def test_a_loop_between_two_numbers_waits_half_a_minute(fake: FakeTwilio) -> None:
    fake.turn(status=400, code=14107)
    with pytest.raises(NotSent) as raised:
        a_twilio(fake).send(an_outbound())
    assert raised.value.retry_after >= 30


def test_an_unknown_refusal_keeps_code_and_words(fake: FakeTwilio) -> None:
    fake.turn(status=400, code=29999, message="The number +15551234567 is odd")
    with pytest.raises(errors.MessageRefused) as raised:
        a_twilio(fake).send(an_outbound())
    assert raised.value.code == "29999"
    assert raised.value.reason == (
        "Twilio error 29999, which Parley does not know: The number +…67 is odd."
        " See https://www.twilio.com/docs/api/errors/29999"
    )


@pytest.mark.parametrize("body", ["<html>Bad gateway</html>", "[]", '"text"'])
def test_a_refusal_in_no_known_format_is_one(fake: FakeTwilio, body: str) -> None:
    fake.turn(status=400, body=body)
    with pytest.raises(errors.MessageRefused):
        a_twilio(fake).send(an_outbound())


@pytest.mark.parametrize("fault", ["reset", "500", "no_sid"])
def test_made_but_not_told_is_unknown(fake: FakeTwilio, fault: str) -> None:
    fake.turn(after_create=fault)
    with pytest.raises(OutcomeUnknown):
        a_twilio(fake).send(an_outbound())
    assert fake.creates[0].sid


def test_a_reset_before_creating_is_unknown_too(fake: FakeTwilio) -> None:
    fake.turn(is_reset=True)
    with pytest.raises(OutcomeUnknown):
        a_twilio(fake).send(an_outbound())


def test_silence_is_unknown(fake: FakeTwilio) -> None:
    twilio = a_twilio(fake, read_seconds=0.2)
    fake.turn(hang_seconds=5)
    with pytest.raises(OutcomeUnknown, match="ReadTimeoutError"):
        twilio.send(an_outbound())


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://nowhere.invalid"])
def test_out_of_reach_is_surely_not_sent(url: str) -> None:
    with pytest.raises(NotSent) as raised:
        a_twilio(api_base_url=url).send(an_outbound())
    assert not raised.value.slow_down


@pytest.mark.parametrize("greeting", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_a_failed_handshake_is_surely_not_sent(greeting: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_hang_up, args=(listener, greeting))
        thread.start()
        twilio = a_twilio(api_base_url=f"https://127.0.0.1:{listener.getsockname()[1]}")
        with pytest.raises(NotSent):
            twilio.send(an_outbound())
        thread.join()


def _hang_up(listener: socket.socket, greeting: bytes) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(greeting)


def test_connections_are_kept(fake: FakeTwilio) -> None:
    twilio = a_twilio(fake)
    for _ in range(5):
        twilio.send(an_outbound())
    assert fake.connections == 1


def test_an_answer_that_is_late_is_still_an_answer(fake: FakeTwilio) -> None:
    fake.turn(latency_seconds=0.2)
    assert a_twilio(fake).send(an_outbound()).provider_id == fake.creates[0].sid


def test_a_wrong_token_blocks_and_the_check_says_so(fake: FakeTwilio) -> None:
    twilio = a_twilio(fake, auth_tokens=("wrong",))
    with pytest.raises(SenderBlocked):
        twilio.send(an_outbound())
    [problem] = twilio.check()
    assert "TWILIO_AUTH_TOKEN" in problem


@pytest.mark.parametrize("settings", [{"account_sid": ""}, {"auth_tokens": ()}])
def test_missing_credentials_are_a_problem(settings: dict[str, Any]) -> None:
    [problem] = a_twilio(**settings).check()
    assert "TWILIO_ACCOUNT_SID" in problem


def test_a_twilio_out_of_reach_is_a_problem() -> None:
    [problem] = a_twilio().check()
    assert "could not be reached" in problem


def test_nothing_private_is_logged(fake: FakeTwilio, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    settings = TwilioSettings.model_validate(
        {
            "twilio_account_sid": ACCOUNT,
            "twilio_auth_token": TOKEN,
            "twilio_phone_number": "+15550100",
            "twilio_api_base_url": fake.url,
        }
    )
    provider = registry.create("twilio", settings)
    provider.send(an_outbound(body="A secret"))
    provider.find(an_outbound(body="A secret"), datetime.now(UTC))
    assert not [text for text in (CONTACT[1:], "secret", TOKEN) if text in caplog.text]


def test_tokens_never_appear_in_a_repr() -> None:
    settings = TwilioSettings.model_validate({"twilio_auth_token": "first , second,"})
    account = Account.from_settings(settings)
    assert account.auth_tokens == ("first", "second")
    assert "first" not in repr(account) + repr(settings)
