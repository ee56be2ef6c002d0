"""What the URLs of a provider refuse, which is little: logged once, and counted."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from pipeline.database import Database
from tests.web.test_webhooks import Post, a_form, app, only_entry, post

__all__ = ["app", "post"]
pytestmark = pytest.mark.both_databases
CHUNKED = {"Transfer-Encoding": "chunked"}


@pytest.mark.parametrize("sender", ["VERIFY!", "Müller", "rcs:+14155550132", "+999", "x" * 4000])
def test_whoever_writes_is_kept(post: Post, database: Database, sender: str) -> None:
    assert post(a_form(From=sender)).status_code == 200
    assert only_entry(database).payload["form"]["From"] == [sender]


@pytest.mark.parametrize(
    "fields",
    [
        {"To": ""},
        {"NumMedia": "many"},
        {"Latitude": "north", "Longitude": "200"},
        {"MessageSid": "S" * 3000},
        {"ProfileName": "\0" * 3000},
        {"AccountSid": "A" * 3000},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_nonsense_loses_no_message(post: Post, database: Database, fields: dict[str, str]) -> None:
    assert post(a_form(**fields)).status_code == 200
    assert only_entry(database).payload["message"]["text"] == "hi"


@pytest.mark.parametrize(
    ("reason", "call"),
    [
        ("sender", lambda post, _: post(a_form(From=" "))),
        ("message_id", lambda post, _: post(a_form(MessageSid=""))),
        ("message_id", lambda post, _: post({"MessageStatus": "sent"}, "/webhooks/twilio/status")),
        ("signature", lambda post, _: post(a_form(), token="another")),
        ("too_large", lambda post, _: post(a_form(Body="x" * 70_000))),
        ("too_many_fields", lambda post, _: post({f"f{n}": "" for n in range(1001)})),
        ("no_length", lambda _, client: client.post("/webhooks/twilio", headers=CHUNKED)),
    ],
)
def test_refusals_are_logged_once_and_counted(
    post: Post,
    client: FlaskClient,
    reason: str,
    call: Callable[[Post, FlaskClient], TestResponse],
) -> None:
    with capture_logs() as logged:
        assert 400 <= call(post, client).status_code < 500
    (line,) = logged
    assert (line["event"], line["reason"], line["provider"]) == (
        "webhook refused",
        reason,
        "twilio",
    )
    assert "4155550132" not in str(line)
    counted = f'parley_webhooks_refused_total{{provider="twilio",reason="{reason}"}} 1.0'
    assert counted in client.get("/metrics").text
