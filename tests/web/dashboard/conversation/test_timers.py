"""Pending timers of a conversation: in the API and on its page, cancelled by an operator."""

from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from pipeline.database import Database
from pipeline.records.accounts.audit import AuditEntry
from pipeline.records.core.timers import Timer
from tests.builders import a_conversation, a_timer, rows
from tests.web.conftest import Caller

pytestmark = pytest.mark.both_databases

NOW = datetime.now(UTC)


def test_api_lists_them_the_next_first(api: Caller, database: Database) -> None:
    talk = a_conversation(database)
    a_timer(database, a_conversation(database))
    late = a_timer(database, talk, to_state="gone")
    soon = a_timer(database, talk, due_at=NOW + timedelta(minutes=5))
    items = api("GET", f"/conversations/{talk.id}/timers").get_json()["items"]
    assert [item["id"] for item in items] == [soon.id, late.id]
    assert (items[0]["kind"], items[0]["to_state"]) == ("reminder", "support")
    assert [item["to_state_known"] for item in items] == [True, False]
    assert datetime.fromisoformat(items[0]["due_at"]) == soon.due_at
    assert api("GET", f"/conversations/{talk.contact_id}/timers").status_code == 404


def test_api_cancels_one_and_audits_it(api: Caller, database: Database) -> None:
    talk = a_conversation(database)
    first, second = a_timer(database, talk), a_timer(database, talk)
    path = f"/conversations/{talk.id}/timers/{first.id}"
    assert api("DELETE", path).status_code == 204
    assert [row.id for row in rows(database, Timer)] == [second.id]
    (entry,) = rows(database, AuditEntry)
    assert (entry.actor, entry.action, entry.target) == ("token:crm", "cancel_timer", str(talk.id))
    assert entry.details == {"kind": "reminder", "to_state": "support"}
    assert api("DELETE", path).status_code == 404


def test_api_cancels_none_of_another_conversation(api: Caller, database: Database) -> None:
    timer = a_timer(database, a_conversation(database))
    other = a_conversation(database)
    assert api("DELETE", f"/conversations/{other.id}/timers/{timer.id}").status_code == 404
    assert len(rows(database, Timer)) == 1


def test_end_of_a_take_over_is_no_timer_to_cancel(api: Caller, database: Database) -> None:
    talk = a_conversation(database, holder="operator")
    timer = a_timer(database, talk, name="release")
    assert api("DELETE", f"/conversations/{talk.id}/timers/{timer.id}").status_code == 409


def test_page_lists_and_cancels_them(operator: FlaskClient, database: Database) -> None:
    talk = a_conversation(database)
    timer, twin = (a_timer(database, talk) for _ in range(2))
    path = f"/conversations/{talk.id}/timers/{timer.id}/cancel-timer"
    page = operator.get(f"/conversations/{talk.id}").text
    assert page.count("Reminder to") == 2
    assert f'action="{path}' in page
    assert operator.post(path).status_code == 303
    assert [row.id for row in rows(database, Timer)] == [twin.id]
    assert operator.get(f"/conversations/{talk.id}").text.count("Reminder to") == 1
    assert operator.post(path).status_code == 404


def test_viewer_sees_them_and_cancels_none(viewer: FlaskClient, database: Database) -> None:
    talk = a_conversation(database)
    timer = a_timer(database, talk)
    page = viewer.get(f"/conversations/{talk.id}").text
    assert "Reminder to" in page
    assert "cancel-timer" not in page
    path = f"/conversations/{talk.id}/timers/{timer.id}/cancel-timer"
    assert viewer.post(path).status_code == 403
    assert len(rows(database, Timer)) == 1
