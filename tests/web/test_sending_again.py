"""Whether a failed message can be sent again: pages offer exactly what the API accepts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import Row

from pipeline.database import Database
from pipeline.providers.twilio.codes import CODES
from pipeline.records.core.conversations import Conversation
from pipeline.wakeups import Pool
from tests.builders import a_contact, a_conversation, a_message, a_runtime, rows
from tests.web.conftest import Caller
from tests.web.dashboard.conftest import signed_in
from web.app import create_app

NOW = datetime.now(UTC)
RECENTLY, LONG_AGO = NOW - timedelta(hours=1), NOW - timedelta(hours=30)


@pytest.fixture
def app(database: Database, wakeups: list[Pool]) -> APIFlask:
    """The web process with Twilio, whose codes the pages know."""
    return create_app(a_runtime(database, provider="twilio"), wakeups.append)


@pytest.fixture
def operator(app: APIFlask, database: Database) -> FlaskClient:
    return signed_in(app, database, "operator")


def failed(database: Database, code: str, **values: Any) -> Row[Any]:
    """A message of ours that failed with this code, in a conversation of its own."""
    where = {name: values.pop(name) for name in ("channel", "last_inbound_at") if name in values}
    contact = a_contact(database, **values.pop("contact", {}))
    talk = a_conversation(database, contact, **where)
    a_message(database, talk, created_at=where.get("last_inbound_at", RECENTLY))
    reason = CODES[code].reason if code in CODES else "Nobody knows why"
    given = {"direction": "outbound", "status": "undelivered", "failed_at": NOW, "error": reason}
    return a_message(database, talk, **(given | {"error_code": code} | values))


CASES: dict[str, dict[str, Any]] = {
    "phone off": {"code": "30003"},
    "landline": {"code": "21614"},
    "filtered": {"code": "30007"},
    "no WhatsApp": {"code": "63024", "channel": "whatsapp"},
    "marketing limit": {"code": "63049", "channel": "whatsapp"},
    "after the window": {"code": "63016", "channel": "whatsapp", "last_inbound_at": LONG_AGO},
    "window refused": {"code": "63016", "channel": "whatsapp", "last_inbound_at": RECENTLY},
    "window refused, template": {
        "code": "63016",
        "channel": "whatsapp",
        "last_inbound_at": RECENTLY,
        "content": {"content_sid": "HX1"},
    },
    "code of tomorrow": {"code": "39999"},
    "no code": {"code": ""},
    "opted out": {"code": "21610", "contact": {"opt_outs": {"sms +15550100": NOW.isoformat()}}},
    "blocked": {"code": "30003", "contact": {"is_blocked": True}},
}
SENDABLE = {"phone off": "both", "filtered": "edited", "marketing limit": "edited"} | {
    "window refused, template": "same",
    "code of tomorrow": "both",
    "no code": "both",
}


def offers(
    api: Caller, operator: FlaskClient, message: Row[Any]
) -> tuple[dict[str, Any], dict[str, list[bool]]]:
    """What the list of failures says, and what each place offers: "same" and "edited"."""
    (listed,) = api("GET", "/failures/messages").get_json()["items"]
    failures = operator.get("/failures").text
    talk = operator.get(f"/conversations/{message.conversation_id}").text
    edit = f"edit={message.public_id}"
    return listed, {
        "same": [
            listed["why_not_again"] is None,
            message_form(failures, message),
            message_form(talk, message),
        ],
        "edited": [listed["why_not_edited"] is None, edit in failures, edit in talk],
    }


@pytest.mark.parametrize("case", CASES)
def test_every_place_says_what_the_api_does(
    api: Caller, operator: FlaskClient, database: Database, case: str
) -> None:
    message = failed(database, **CASES[case])
    listed, offered = offers(api, operator, message)
    possible = SENDABLE.get(case, "")
    assert offered == {how: [possible in {"both", how}] * 3 for how in ("same", "edited")}
    retry = f"/messages/{message.public_id}/retry"
    bodies = {"same": {}, "edited": {"body": "other words"}}
    # What is refused first: a message is sent again only once.
    for how in sorted(bodies, key=lambda how: possible in {"both", how}):
        answer = api("POST", retry, json=bodies[how])
        if possible in {"both", how}:
            assert answer.status_code == 201, answer.text
            return
        reason = listed["why_not_again" if how == "same" else "why_not_edited"]
        assert (answer.status_code, answer.get_json()["detail"]) == (409, reason)


def message_form(page: str, message: Row[Any]) -> bool:
    """Whether the page has the button that sends this message again."""
    return f"/messages/{message.public_id}/retry" in page


def test_message_that_was_sent_again_is_not_offered_again(
    api: Caller, operator: FlaskClient, database: Database
) -> None:
    message = failed(database, "30003")
    assert api("POST", f"/messages/{message.public_id}/retry", json={}).status_code == 201
    assert not message_form(operator.get(f"/conversations/{message.conversation_id}").text, message)


def test_refused_window_closes_the_composer_until_the_contact_writes(
    api: Caller, operator: FlaskClient, database: Database
) -> None:
    message = failed(database, "63016", channel="whatsapp", last_inbound_at=RECENTLY)
    path = f"/conversations/{message.conversation_id}"
    refused = api("POST", f"{path}/messages", json={"body": "Hello?"})
    assert refused.status_code == 409
    assert "24 hours" in refused.get_json()["detail"]
    assert "24 hours" in operator.get(path).text
    assert 'name="body"' not in operator.get(path).text
    (talk,) = rows(database, Conversation)
    a_message(database, talk, created_at=datetime.now(UTC) + timedelta(seconds=1))
    assert api("POST", f"{path}/messages", json={"body": "Hello!"}).status_code == 201
    assert 'name="body"' in operator.get(path).text


@pytest.mark.parametrize("status", ["delivered", "read"])
def test_message_that_arrived_shows_no_error(
    api: Caller, operator: FlaskClient, database: Database, status: str
) -> None:
    message = failed(database, "30008", status=status, failed_at=None)
    page = operator.get(f"/conversations/{message.conversation_id}").text
    assert CODES["30008"].reason not in page
    assert "30008" not in page
    shown = api("GET", f"/conversations/{message.conversation_id}/messages").get_json()["items"]
    errors = {(one["error"], one["error_code"]) for one in shown}
    assert errors <= {("", ""), (None, None), ("", None)}, errors


def test_unknown_code_links_its_page(operator: FlaskClient, database: Database) -> None:
    reason = (
        "Twilio error 39999, which Parley does not know. See "
        "https://www.twilio.com/docs/api/errors/39999"
    )
    message = failed(database, "39999", error=reason)
    for path in ("/failures", f"/conversations/{message.conversation_id}"):
        page = operator.get(path).text
        assert 'href="https://www.twilio.com/docs/api/errors/39999"' in page
