"""Exports from pages: the file has what the filter of the address shows, and is noted."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from pipeline.database import Database
from pipeline.records.accounts.audit import AuditEntry
from tests.builders import a_contact, a_conversation, a_message, rows

pytestmark = pytest.mark.both_databases


def table(client: FlaskClient, address: str) -> list[dict[str, str]]:
    """The lines of a CSV file."""
    answer = client.get(address)
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"), newline="")))


def noted(database: Database) -> dict[str, Any]:
    """What the audit log says of the only export."""
    (entry,) = [entry for entry in rows(database, AuditEntry) if entry.action == "export"]
    assert "@example.com" in entry.actor
    return {"of": entry.target, **entry.details}


def test_the_filters_of_the_list_count(viewer: FlaskClient, database: Database) -> None:
    talk = a_conversation(database, channel="whatsapp")
    a_conversation(database)
    a_conversation(database, channel="whatsapp", state="support")
    query = "?channel=whatsapp&state=start&since=2020-01-01"
    lines = table(viewer, f"/conversations/export.csv{query}")
    assert [line["id"] for line in lines] == [str(talk.id)]
    assert noted(database) == {
        "of": "conversations",
        "format": "csv",
        "filter": {
            "channel": "whatsapp",
            "states": ["start"],
            "since": "2020-01-01T00:00:00+00:00",
        },
    }


def test_held_by_me_means_me(viewer: FlaskClient, database: Database) -> None:
    a_conversation(database, holder="operator", held_by="somebody@example.com")
    assert table(viewer, "/conversations/export.csv?holder=me") == []


def test_the_contacts_that_are_found(viewer: FlaskClient, database: Database) -> None:
    a_contact(database, phone="+14155550132", name="=Ada")
    a_contact(database, name="Grace")
    (line,) = table(viewer, "/contacts/export.csv?q=4155550132")
    assert (line["phone"], line["name"]) == ("'+14155550132", "'=Ada")
    # What was searched for may be a number, which no log holds in full.
    assert noted(database) == {"of": "contacts", "format": "csv", "filter": {"words": "415…32"}}


def test_all_that_was_said(viewer: FlaskClient, database: Database) -> None:
    talk = a_conversation(database)
    for body in ("first", "second"):
        a_message(database, talk, body=body)
    a_message(database, a_conversation(database), body="elsewhere")
    answer = viewer.get(f"/conversations/{talk.id}/messages.json")
    assert [item["body"] for item in answer.get_json()] == ["first", "second"]
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="messages-')
    assert noted(database)["filter"] == {"conversation": str(talk.id)}


@pytest.mark.parametrize(
    "address",
    [
        "/conversations/export.xls",
        "/contacts/export.html",
        "/conversations/00000000-0000-7000-8000-000000000000/messages.csv",
    ],
)
def test_what_is_not_there_is_not_found(
    viewer: FlaskClient, database: Database, address: str
) -> None:
    assert viewer.get(address).status_code == 404
    assert "export" not in {entry.action for entry in rows(database, AuditEntry)}


@pytest.mark.parametrize("query", ["q=%00", "state=%ED%A0%80", "since=never", "holder=x&after=y"])
def test_odd_filters_are_no_error(viewer: FlaskClient, database: Database, query: str) -> None:
    a_conversation(database)
    for noun in ("conversations", "contacts"):
        assert viewer.get(f"/{noun}/export.csv?{query}").status_code == 200


def test_pages_link_to_their_files(viewer: FlaskClient, database: Database) -> None:
    talk = a_conversation(database, closed_at=datetime.now(UTC))
    pages = {
        "/conversations?state=start": "/conversations/export.csv?state=start",
        "/contacts?q=+1415": "/contacts/export.json?q=1415",
        f"/conversations/{talk.id}": f"/conversations/{talk.id}/messages.csv",
    }
    for page, address in pages.items():
        assert f'href="{address}"' in viewer.get(page).text, page


def test_nobody_else_gets_a_file(app: APIFlask, database: Database) -> None:
    a_conversation(database)
    for noun in ("conversations", "contacts"):
        assert app.test_client().get(f"/{noun}/export.csv").status_code == 303
    assert rows(database, AuditEntry) == []
