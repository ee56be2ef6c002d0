"""Signed forms that nobody thought of: taken whole or refused in words, never a 500.

A form that is taken is one row at most, which the bot's side handles without parking it. Each run
draws other forms; FUZZ_EXAMPLES in the environment says how many.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict

from pipeline.converse.drain import Converse
from pipeline.database import Database
from pipeline.records.core.inbox import Entry
from pipeline.records.core.status_callbacks import StoredCallback
from pipeline.runtime import Runtime
from tests.builders import a_runtime, rows
from web.app import create_app

PUBLIC_URL = "https://bot.example.com"
TOKEN = "twilio-token"
FORM = "application/x-www-form-urlencoded"

# Fields that mean something, and the words that mean something in them.
NAMES = [
    "From",
    "To",
    "Body",
    "MessageSid",
    "SmsSid",
    "SmsMessageSid",
    "AccountSid",
    "NumMedia",
    "MediaUrl0",
    "MediaContentType0",
    "MediaUrl1",
    "Latitude",
    "Longitude",
    "Label",
    "Address",
    "ProfileName",
    "ButtonText",
    "ButtonPayload",
    "ListId",
    "ListTitle",
    "OptOutType",
    "MessageStatus",
    "SmsStatus",
    "ErrorCode",
    "ErrorMessage",
    "ExternalUserId",
    "WaId",
]
WORDS = (
    "+14155550132",
    "whatsapp:+14155550132",
    "whatsapp:US.1234",
    "whatsapp:",
    " 14155550132",
    "+",
    "384387",
    "SM1",
    "STOP",
    "stop ",
    "YES",
    "HELP",
    "START",
    "0",
    "1",
    "20",
    "-1",
    "9999",
    "1e400",
    "nan",
    "inf",
    "-90",
    "180.0001",
    "delivered",
    "queued",
    "read",
    "x" * 3000,
    "\x00",
    "\ufffd\u202e\U000e0001",
    "1️⃣",
    "٣",
)
texts = st.one_of(st.sampled_from(WORDS), st.text(st.characters(codec="utf-8"), max_size=40))
names = st.one_of(st.sampled_from(NAMES), st.text(st.characters(codec="utf-8"), max_size=12))
odd = st.dictionaries(names, st.one_of(texts, st.lists(texts, max_size=3)), max_size=12)
# Most are messages but for a field or two: what is all wrong is refused at its first field.
forms = st.builds(
    lambda sid, changes, lacking: {
        name: value
        for name, value in (
            {"MessageSid": f"SM{sid}", "From": "+14155550132", "To": "+15550100", "Body": "hi"}
            | changes
        ).items()
        if name != lacking
    },
    st.integers(1, 40),
    odd,
    st.sampled_from(["", "", "", "MessageSid", "From", "To", "Body"]),
)
some = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "100")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def runtime(tmp_path: Path, sqlite_template: Path) -> Iterator[Runtime]:
    """An install with a Twilio account on a database of its own."""
    path = tmp_path / "fuzzed.db"
    path.write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{path}")
    account: dict[str, Any] = {
        "provider": "twilio",
        "public_url": PUBLIC_URL,
        "twilio_account_sid": "AC1",
        "twilio_auth_token": SecretStr(TOKEN),
        "twilio_phone_number": "+15550100",
    }
    yield a_runtime(database, **account)
    database.close()


@pytest.fixture
def caller(runtime: Runtime) -> FlaskClient:
    """What calls the webhooks of that install."""
    return create_app(runtime, lambda _: None).test_client()


@pytest.fixture
def converse(runtime: Runtime) -> Converse:
    """The bot's side of that install."""
    return Converse(
        runtime, lambda _: None, is_stopping=lambda: False, overrun=lambda: pytest.fail("overrun")
    )


def post(caller: FlaskClient, path: str, form: dict[str, Any]) -> int:
    fields = MultiDict(form)
    signature = RequestValidator(TOKEN).compute_signature(PUBLIC_URL + path, fields)
    answer = caller.post(
        path,
        data=urlencode(form, doseq=True),
        content_type=FORM,
        headers={"X-Twilio-Signature": signature},
    )
    assert answer.text.strip()
    return answer.status_code


@some
@given(form=forms)
def test_any_message_is_taken_whole_or_refused(
    runtime: Runtime, caller: FlaskClient, converse: Converse, form: dict[str, Any]
) -> None:
    before = len(rows(runtime.database, Entry))
    status = post(caller, "/webhooks/twilio", form)
    # 403: Twilio signs a list of values without its repeats.
    assert status in {200, 400, 403}
    # None, where the same message was there before.
    assert len(rows(runtime.database, Entry)) - before <= (status == 200)
    converse.drain()
    # A message that is in the log under another account's name is ignored.
    settled = {(row.status, row.error) for row in rows(runtime.database, Entry)}
    assert settled <= {("handled", ""), ("ignored", "")}


@some
@given(form=forms, query=st.sampled_from(["", "?m=01a2&a=3", "?m=%00%ff&a=x", "?a=99999", "?&&="]))
def test_any_status_callback_is_taken_whole_or_refused(
    runtime: Runtime, caller: FlaskClient, form: dict[str, Any], query: str
) -> None:
    before = len(rows(runtime.database, StoredCallback))
    status = post(caller, f"/webhooks/twilio/status{query}", form)
    assert status in {200, 400, 403}
    # None, where the same callback was there before.
    assert len(rows(runtime.database, StoredCallback)) - before <= (status == 200)


@some
@given(
    body=st.binary(max_size=300),
    content_type=st.sampled_from([FORM, "", "multipart/form-data; boundary=x", "\x00", "a/b;;="]),
)
def test_any_bytes_of_a_stranger_are_refused_in_words(
    runtime: Runtime, caller: FlaskClient, body: bytes, content_type: str
) -> None:
    answer = caller.post("/webhooks/twilio", data=body, content_type=content_type)
    assert answer.status_code in {400, 403, 411, 415}
    assert answer.text.strip()
    assert rows(runtime.database, Entry) == []
