"""Exports: whole, streamed, and harmless in a spreadsheet."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from apiflask import APIFlask

from pipeline.database import Database
from pipeline.records.accounts.audit import AuditEntry
from tests.builders import a_contact, a_conversation, a_message, a_token, rows
from tests.web.conftest import Caller
from web import exports

pytestmark = pytest.mark.both_databases

NOW = datetime.now(UTC)


def table(api: Caller, path: str) -> list[dict[str, str]]:
    answer = api("GET", path)
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    text = answer.get_data(as_text=True)
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_conversations_as_csv(api: Caller, database: Database) -> None:
    contact = a_contact(database, phone="+14155550132", name="=cmd|' /C calc'!A0")
    made = a_conversation(database, contact, data={"step": 2}, opened_at=NOW)
    (line,) = table(api, "/conversations/export")
    assert line["id"] == str(made.id)
    assert (line["phone"], line["name"]) == ("'+14155550132", "'=cmd|' /C calc'!A0")
    assert (line["state"], line["data"], line["closed_at"]) == ("start", '{"step":2}', "")
    assert (line["unread"], line["opened_at"]) == ("true", NOW.isoformat())


def test_filters_are_those_of_the_list(api: Caller, database: Database) -> None:
    kept = a_conversation(database, state="old", last_message_at=NOW - timedelta(hours=1))
    a_conversation(database, state="old", channel="whatsapp")
    a_conversation(database, state="old", last_message_at=NOW - timedelta(days=3))
    since = (NOW - timedelta(days=1)).isoformat().replace("+", "%2B")
    query = f"state=old&channel=sms&since={since}"
    assert [line["id"] for line in table(api, f"/conversations/export?{query}")] == [str(kept.id)]
    listed = api("GET", f"/conversations?{query}").get_json()["items"]
    assert [item["id"] for item in listed] == [str(kept.id)]


def test_conversations_as_json(api: Caller, database: Database) -> None:
    contact = a_contact(database, name="Ada")
    a_conversation(database, contact, data={"much": 2**70, "list": [1, {"a": None}]})
    answer = api("GET", "/conversations/export?format=json")
    assert answer.mimetype == "application/json"
    (item,) = json.loads(answer.get_data())
    assert (item["name"], item["phone"]) == ("Ada", contact.phone)
    assert item["data"] == {"much": 2**70, "list": [1, {"a": None}]}
    assert item["closed_at"] is None


def test_nothing_is_a_file_too(api: Caller) -> None:
    assert api("GET", "/contacts/export?format=json").get_json() == []
    text = api("GET", "/contacts/export").get_data(as_text=True)
    assert text.startswith("\ufeffid,address,phone,")
    assert text.count("\r\n") == 1


def test_contacts_as_csv(api: Caller, database: Database) -> None:
    opt_outs = {"sms +15550100": NOW.isoformat()}
    a_contact(database, name="Ada", attributes={"city": "Ulm"}, opt_outs=opt_outs)
    a_contact(database, name="Bob")
    (line,) = table(api, "/contacts/export?q=ada")
    assert (line["name"], line["opted_out"], line["blocked"]) == ("Ada", "true", "false")
    assert json.loads(line["attributes"]) == {"city": "Ulm"}
    assert json.loads(line["opt_outs"])[0]["number"] == "+15550100"


def test_messages_as_csv(api: Caller, database: Database) -> None:
    talk = a_conversation(database)
    a_message(database, talk, body='two\r\nlines, "quoted"')
    a_message(database, talk, body="@SUM(1)", direction="outbound", status="failed", error="-1")
    first, second = table(api, f"/conversations/{talk.id}/messages/export")
    assert (first["body"], first["author"]) == ('two\r\nlines, "quoted"', "contact")
    assert (second["body"], second["error"]) == ("'@SUM(1)", "'-1")
    other = a_conversation(database)
    assert table(api, f"/conversations/{other.id}/messages/export") == []


def test_messages_come_with_their_contents(api: Caller, database: Database) -> None:
    talk = a_conversation(database)
    content = {"form": {"size": "M"}}
    a_message(database, talk, direction="inbound", kind="interactive", content=content)
    path = f"/conversations/{talk.id}/messages/export"
    assert table(api, path)[0]["content"] == '{"form":{"size":"M"}}'
    assert api("GET", f"{path}?format=json").get_json()[0]["content"] == content


def test_every_batch_is_in_it_once(app: APIFlask, api: Caller, database: Database) -> None:
    talk = a_conversation(database)
    wanted = [str(number) for number in range(7)]
    for body in wanted:
        a_message(database, talk, body=body)
        a_contact(database)
    with app.app_context():
        export = exports.messages(talk.id)
        pages = list(exports._pages(database, export, 3))
    assert [len(page) for page in pages] == [3, 3, 1]
    assert [line["body"] for line in table(api, f"/conversations/{talk.id}/messages/export")] == (
        wanted
    )


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\ta", "\ra", "\na", "＝1"])
def test_formulas_are_texts(text: str) -> None:
    assert exports.cell(text) == f"'{text}"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, ""), (True, "true"), (False, "false"), (3, "3"), ("a=b", "a=b"), ([], "[]")],
)
def test_other_values_are_as_they_are(value: Any, shown: str) -> None:
    assert exports.cell(value) == shown


def test_file_is_to_be_saved_and_noted(api: Caller, database: Database) -> None:
    answer = api("GET", "/contacts/export")
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith('attachment; filename="contacts-')
    assert disposition.endswith('.csv"')
    assert answer.headers["Cache-Control"] == "no-store"
    (entry,) = rows(database, AuditEntry)
    assert (entry.action, entry.actor, entry.target) == ("export", "token:crm", "contacts")
    assert entry.details == {"format": "csv", "filter": {}}


def test_viewers_may_export(app: APIFlask, database: Database) -> None:
    viewer = Caller(app, a_token(database, "viewer"))
    assert viewer("GET", "/conversations/export").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/conversations/export?format=xls",
        "/conversations/export?channel=" + "x" * 33,
        "/conversations/export?since=yesterday",
        "/contacts/export?q=" + "x" * 201,
    ],
)
def test_impossible_wishes_are_422(api: Caller, path: str) -> None:
    answer = api("GET", path)
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")


def test_nobodys_messages_are_404(api: Caller, database: Database) -> None:
    nobody = a_contact(database).id
    assert api("GET", f"/conversations/{nobody}/messages/export").status_code == 404
