"""The doors that a provider calls: what is taken, what is refused, and how."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from pydantic import SecretStr
from sqlalchemy import create_engine, text
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from pipeline.database import Database
from pipeline.records.core.inbox import Entry
from pipeline.records.core.status_callbacks import StoredCallback
from pipeline.wakeups import Pool
from tests.builders import a_runtime, rows
from web.app import create_app

pytestmark = pytest.mark.both_databases

PUBLIC_URL = "https://bot.example.com"
TOKEN = "twilio-token"
EMPTY = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'
FORM = "application/x-www-form-urlencoded"
Post = Callable[..., TestResponse]


@pytest.fixture
def app(database: Database, wakeups: list[Pool]) -> APIFlask:
    """The web process with a Twilio account."""
    settings: dict[str, Any] = {
        "provider": "twilio",
        "public_url": PUBLIC_URL,
        "twilio_account_sid": "AC1",
        "twilio_auth_token": SecretStr(f"{TOKEN},next-token"),
        "twilio_phone_number": "+15550100",
    }
    return create_app(a_runtime(database, **settings), wakeups.append)


@pytest.fixture
def post(client: FlaskClient) -> Post:
    """Calls a webhook as Twilio would: signed, unless told otherwise."""

    def call(form: dict[str, Any], path: str = "/webhooks/twilio", token: str = TOKEN) -> Any:
        fields = MultiDict(form)
        signature = RequestValidator(token).compute_signature(PUBLIC_URL + path, fields)
        return client.post(
            path,
            data=urlencode(form, doseq=True),
            content_type=FORM,
            headers={"X-Twilio-Signature": signature},
        )

    return call


def a_form(**fields: Any) -> dict[str, Any]:
    return {
        "MessageSid": "SM1",
        "AccountSid": "AC1",
        "From": "+14155550132",
        "To": "+15550100",
        "Body": "hi",
    } | fields


def only_entry(database: Database) -> Any:
    (entry,) = rows(database, Entry)
    return entry


def test_webhook_is_a_row_before_the_answer(post: Post, database: Database) -> None:
    answer = post(a_form())
    assert (answer.status_code, answer.data, answer.mimetype) == (200, EMPTY, "text/xml")
    entry = only_entry(database)
    assert (entry.provider_id, entry.lane, entry.status) == ("SM1", "+14155550132", "waiting")
    assert entry.payload["message"]["text"] == "hi"


def test_workers_are_woken(post: Post, wakeups: list[Pool]) -> None:
    post(a_form())
    post({"MessageSid": "SM2", "MessageStatus": "sent"}, "/webhooks/twilio/status")
    assert _in_time(lambda: set(wakeups) == {"converse", "dispatch"})


def test_same_webhook_twice_is_one_row(post: Post, database: Database) -> None:
    assert [post(a_form()).status_code for _ in range(3)] == [200, 200, 200]
    assert only_entry(database).provider_id == "SM1"


def test_wrong_signature_is_403_and_no_row(post: Post, database: Database) -> None:
    answer = post(a_form(), token="somebody else's")
    assert answer.status_code == 403
    assert "PUBLIC_URL" in answer.text
    assert rows(database, Entry) == []


def test_missing_signature_is_403(client: FlaskClient, database: Database) -> None:
    assert client.post("/webhooks/twilio", data=a_form()).status_code == 403
    assert rows(database, Entry) == []


def test_token_in_rotation_is_accepted(post: Post) -> None:
    assert post(a_form(), token="next-token").status_code == 200


@pytest.mark.parametrize("field", ["From", "MessageSid"])
def test_missing_field_is_400_and_named(post: Post, database: Database, field: str) -> None:
    form = a_form()
    del form[field]
    answer = post(form)
    assert (answer.status_code, answer.mimetype) == (400, "text/plain")
    assert field in answer.text
    assert rows(database, Entry) == []


def test_large_body_is_413(post: Post, database: Database) -> None:
    assert post(a_form(Body="x" * 70 * 1024)).status_code == 413
    assert rows(database, Entry) == []


def test_large_chunked_body_is_413(client: FlaskClient) -> None:
    form = urlencode(a_form(Body="x" * 70 * 1024))
    answer = client.post(
        "/webhooks/twilio",
        data=form,
        content_type=FORM,
        headers={"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert answer.status_code == 413


def test_unknown_length_is_411(client: FlaskClient) -> None:
    answer = client.post(
        "/webhooks/twilio",
        data=urlencode(a_form()),
        content_type=FORM,
        headers={"Transfer-Encoding": "chunked"},
    )
    assert answer.status_code == 411


def test_wrong_method_is_405(client: FlaskClient) -> None:
    assert client.get("/webhooks/twilio").status_code == 405


def test_signed_json_is_415(client: FlaskClient) -> None:
    fields = {"{}": ""}  # what Twilio would sign if it took this body for a form
    signature = RequestValidator(TOKEN).compute_signature(f"{PUBLIC_URL}/webhooks/twilio", fields)
    answer = client.post("/webhooks/twilio", json={}, headers={"X-Twilio-Signature": signature})
    assert answer.status_code == 415


def test_nul_is_stored_as_a_replacement(post: Post, database: Database) -> None:
    assert post(a_form(Body="a\x00b")).status_code == 200
    entry = only_entry(database)
    assert entry.payload["message"]["text"] == "a\ufffdb"
    assert entry.payload["form"]["Body"] == ["a\x00b"]


def test_emoji_and_twenty_media_are_kept(post: Post, database: Database) -> None:
    media = {f"MediaUrl{n}": f"https://api.example.com/{n}" for n in range(20)}
    assert post(a_form(Body="👋🏽 café", NumMedia="20", **media)).status_code == 200
    message = only_entry(database).payload["message"]
    assert message["text"] == "👋🏽 café"
    assert len(message["media"]) == 20


def test_blank_and_repeated_fields_are_kept(post: Post, database: Database) -> None:
    assert post(a_form(Extra=["1", "2"], Blank="")).status_code == 200
    form = only_entry(database).payload["form"]
    assert (form["Extra"], form["Blank"]) == (["1", "2"], [""])


@pytest.mark.parametrize(
    "body", [b"From=%FF%FE", b"\xff\xfe=\x80", b"%ED%A0%80=1", b"&&&=;", b"", b"a=1&" * 2000]
)
def test_odd_bodies_are_refused_in_words(client: FlaskClient, body: bytes) -> None:
    answer = client.post("/webhooks/twilio", data=body, content_type=FORM)
    assert answer.status_code in {400, 403}
    assert answer.text.strip()


def test_status_callback_is_a_row(post: Post, database: Database) -> None:
    form = {"MessageSid": "SM9", "MessageStatus": "delivered"}
    answer = post(form, "/webhooks/twilio/status?m=01a2&a=3")
    assert (answer.status_code, answer.data) == (200, EMPTY)
    (receipt,) = rows(database, StoredCallback)
    assert (receipt.provider_id, receipt.status) == ("SM9", "delivered")
    assert (receipt.message_id, receipt.attempt) == ("01a2", 3)


def test_unknown_status_is_kept(post: Post, database: Database) -> None:
    form = {"MessageSid": "SM9", "MessageStatus": "teleported"}
    assert post(form, "/webhooks/twilio/status").status_code == 200
    assert rows(database, StoredCallback)[0].status == "teleported"


@pytest.mark.alone
def test_busy_database_is_503_within_2_s(post: Post, database: Database) -> None:
    with _locked(database):
        started = time.monotonic()
        answer = post(a_form())
        took = time.monotonic() - started
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert took < 3  # 1.8 s and what a busy machine adds


def test_database_is_taken_up_again_after_503(post: Post, database: Database) -> None:
    with _locked(database):
        assert post(a_form()).status_code == 503
    assert _in_time(lambda: post(a_form()).status_code == 200)
    assert only_entry(database).provider_id == "SM1"


def test_simulator_has_no_door_beside_twilio(client: FlaskClient) -> None:
    assert client.post("/webhooks/simulator", data=a_form()).status_code == 404


@contextmanager
def _locked(database: Database) -> Iterator[None]:
    """Somebody else keeps the tables from being written."""
    engine = create_engine(database.engine.url)
    begin = "BEGIN IMMEDIATE" if database.is_sqlite else "LOCK TABLE inbox IN EXCLUSIVE MODE"
    with engine.connect() as connection:
        connection.execute(text(begin))
        yield
        connection.rollback()
    engine.dispose()


def _in_time(is_so: Callable[[], bool], seconds: float = 3) -> bool:
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
