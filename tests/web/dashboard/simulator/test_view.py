"""The phones of the simulator: what they send is a webhook like any other."""

from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from pipeline.database import Database
from pipeline.records.core.conversations import Conversation
from pipeline.records.core.inbox import Entry
from pipeline.records.core.timers import Timer
from pipeline.wakeups import Pool
from tests.builders import a_contact, a_conversation, a_message, a_runtime, rows
from tests.web.dashboard.conftest import signed_in
from web.app import create_app

ADA = "+14155550142"
HERE = "/simulator?phone=%2B14155550142"


def test_first_phone_is_offered_with_a_fictional_number(
    operator: FlaskClient, database: Database
) -> None:
    page = operator.get("/simulator").text
    assert "No open phones" in page
    assert f'value="{ADA}"' in page
    a_contact(database, phone=ADA)
    assert 'value="+14155550143"' in operator.get("/simulator").text


@pytest.mark.parametrize(
    ("channel", "address"),
    [("sms", "%2B14155550142"), ("whatsapp", "whatsapp%3A%2B14155550142")],
)
def test_phone_is_added_to_the_address(operator: FlaskClient, channel: str, address: str) -> None:
    form = {"number": "+1 (415) 555-0142", "channel": channel}
    answer = operator.post("/simulator/phones?phone=%2B14155550143", data=form)
    assert answer.headers["Location"] == f"/simulator?phone={address}&phone=%2B14155550143"


def test_what_is_no_number_is_refused(operator: FlaskClient) -> None:
    answer = operator.post("/simulator/phones", data={"number": "<b>"})
    assert (answer.status_code, "Include the country code" in answer.text) == (422, True)


def test_words_reach_the_inbox(
    operator: FlaskClient, database: Database, wakeups: list[Pool]
) -> None:
    operator.post(HERE.replace("?", "/messages?"), data={"From": ADA, "Body": "hi"})
    (entry,) = rows(database, Entry)
    assert entry.lane == ADA
    assert entry.payload["message"]["text"] == "hi"
    assert wakeups == ["converse"]


def test_tap_file_and_place_are_what_a_provider_posts(
    operator: FlaskClient, database: Database
) -> None:
    for form in (
        {"Body": "Yes", "ButtonText": "Yes", "ButtonPayload": "yes"},
        {"MediaUrl0": "https://example.com/a.jpg", "MediaContentType0": "image/jpeg"},
        {"Latitude": "52.5", "Longitude": "13.4"},
    ):
        answer = operator.post("/simulator/messages", data={"From": f"whatsapp:{ADA}", **form})
        assert answer.status_code == 303
    tap, file, place = (entry.payload["message"] for entry in rows(database, Entry))
    assert (tap["kind"], tap["button_id"], tap["channel"]) == ("tap", "yes", "whatsapp")
    assert file["media"][0]["url"] == "https://example.com/a.jpg"
    assert place["location"]["latitude"] == 52.5


@pytest.mark.parametrize("form", [{"From": ""}, {"From": "  ", "Body": "x"}])
def test_impossible_messages_are_refused(
    operator: FlaskClient, database: Database, form: dict[str, str]
) -> None:
    assert operator.post("/simulator/messages", data=form).status_code == 422
    assert rows(database, Entry) == []


def test_screen_shows_what_reached_the_phone(operator: FlaskClient, database: Database) -> None:
    talk = a_conversation(
        database, a_contact(database, phone=ADA), choices=[[1, "yes", "Yes <please>"]]
    )
    a_message(database, talk, body="from Ada")
    a_message(database, talk, direction="outbound", body="reached her")
    a_message(database, talk, direction="outbound", status="failed", body="did not reach her")
    page = operator.get(HERE).text
    assert "from Ada" in page
    assert "reached her" in page
    assert "did not reach her" not in page
    assert "Yes &lt;please&gt;" in page
    other = operator.get(HERE.replace("phone=", "phone=whatsapp%3A")).text
    assert "from Ada" not in other


def test_time_passes_for_one_contact(operator: FlaskClient, database: Database) -> None:
    contact = a_contact(database, phone=ADA)
    talk = a_conversation(database, contact, state="support")
    operator.post(f"/conversations/{talk.id}/state", data={"state": "support"})
    (timer,) = rows(database, Timer)
    assert "Next: timeout: start at" in operator.get(HERE).text
    operator.post(f"/simulator/contacts/{contact.id}/time", data={"minutes": "29"})
    (sooner,) = rows(database, Timer)
    assert timer.due_at - sooner.due_at == timedelta(minutes=29)
    operator.post(f"/simulator/contacts/{contact.id}/time", data={"minutes": "1"})
    assert rows(database, Timer) == []
    assert [entry.kind for entry in rows(database, Entry)] == ["timer"]
    (moved,) = rows(database, Conversation)
    assert moved.last_message_at < datetime.now(UTC) - timedelta(minutes=29)


@pytest.mark.parametrize("minutes", ["", "0", "-5", "nan", "inf", "x", "99999999999"])
def test_impossible_times_are_refused(
    operator: FlaskClient, database: Database, minutes: str
) -> None:
    contact = a_contact(database, phone=ADA)
    answer = operator.post(f"/simulator/contacts/{contact.id}/time", data={"minutes": minutes})
    assert answer.status_code == 409


@pytest.mark.parametrize("address", ["", "x", "%00", "whatsapp%3A", "%2B1" * 30, "<script>"])
def test_odd_addresses_are_no_error(operator: FlaskClient, address: str) -> None:
    assert operator.get(f"/simulator?phone={address}").status_code == 200


def test_other_providers_have_no_simulator(database: Database) -> None:
    runtime = a_runtime(database, provider="twilio", public_url="https://bot.example.com")
    app = create_app(runtime, lambda _pool: None)
    client = signed_in(app, database, "operator")
    assert client.get("/simulator").status_code == 404
    assert "Simulator" not in client.get("/account").text
