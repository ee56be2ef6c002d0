"""The doors in simulator mode: no account, no signature, and Twilio's stays shut."""

import pytest

from pipeline.database import Database
from pipeline.records.core.inbox import Entry
from tests.builders import a_runtime, rows
from web.app import create_app


def test_simulator_takes_a_bare_form(database: Database) -> None:
    app = create_app(a_runtime(database), lambda _pool: None)
    answer = app.test_client().post(
        "/webhooks/simulator", data={"From": "+14155550132", "Body": "hi"}
    )
    assert answer.status_code == 200
    (entry,) = rows(database, Entry)
    assert entry.provider == "simulator"


def test_twilio_without_a_token_is_403(database: Database) -> None:
    app = create_app(a_runtime(database), lambda _pool: None)
    answer = app.test_client().post("/webhooks/twilio", data={"From": "+14155550132"})
    assert answer.status_code == 403
    assert "TWILIO_AUTH_TOKEN" in answer.text


FORM = {"From": "+14155550132", "Body": "hi"}


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost:9999"},
        {"Origin": "null"},
        {"Host": "evil.example"},
        {"Host": "localhost.evil.example"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": "evil.example:8000", "Origin": "http://evil.example:8000"},
    ],
)
@pytest.mark.parametrize("path", ["/webhooks/simulator", "/webhooks/simulator/status", "/sign-in"])
def test_pages_of_other_sites_are_kept_out(
    database: Database, headers: dict[str, str], path: str
) -> None:
    """A page anywhere can post to this machine, and let its own name mean this machine."""
    app = create_app(a_runtime(database), lambda _pool: None)
    answer = app.test_client().post(path, data=FORM, headers=headers)
    assert answer.status_code == 403
    assert rows(database, Entry) == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://localhost"},
        {"Host": "127.0.0.1:8000", "Origin": "http://127.0.0.1:8000"},
        {"Host": "[::1]:8000", "Origin": "http://[::1]:8000"},
        {"Host": "bot.example.com", "Origin": "https://bot.example.com"},
    ],
)
def test_our_own_pages_are_let_in(database: Database, headers: dict[str, str]) -> None:
    runtime = a_runtime(database, public_url="https://bot.example.com")
    app = create_app(runtime, lambda _pool: None)
    answer = app.test_client().post("/webhooks/simulator", data=FORM, headers=headers)
    assert answer.status_code == 200


def test_an_open_simulator_has_any_name(database: Database) -> None:
    app = create_app(a_runtime(database, simulator_open=True), lambda _pool: None)
    client = app.test_client()
    named = {"Host": "box.example:8000"}
    assert client.post("/webhooks/simulator", data=FORM, headers=named).status_code == 200
    foreign = named | {"Origin": "https://evil.example"}
    assert client.post("/webhooks/simulator", data=FORM, headers=foreign).status_code == 403
