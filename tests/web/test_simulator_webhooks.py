"""The doors in simulator mode: no account, no signature, and Twilio's stays shut."""

from pipeline.database import Database
from tests.builders import a_runtime
from web.app import create_app


def test_simulator_takes_a_bare_form(database: Database) -> None:
    app = create_app(a_runtime(database), lambda _pool: None)
    answer = app.test_client().post(
        "/webhooks/simulator", data={"From": "+14155550132", "Body": "hi"}
    )
    assert answer.status_code == 200
    assert only_entry(database).provider == "simulator"


def test_twilio_without_a_token_is_403(database: Database) -> None:
    app = create_app(a_runtime(database), lambda _pool: None)
    answer = app.test_client().post("/webhooks/twilio", data=a_form())
    assert answer.status_code == 403
    assert "TWILIO_AUTH_TOKEN" in answer.text
