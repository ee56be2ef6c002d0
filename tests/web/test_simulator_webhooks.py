"""The doors in simulator mode: no account, no signature, and Twilio's stays shut."""

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
