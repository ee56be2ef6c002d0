"""An operator opts a contact out on the contact's page, and in again."""

from datetime import UTC, datetime

from flask.testing import FlaskClient

from pipeline.database import Database
from pipeline.records.core.contacts import Contact
from tests.builders import a_contact, a_conversation, rows
from tests.web.dashboard.contact.test_view import address

NOW = datetime.now(UTC)


def test_opting_out_and_in_again(operator: FlaskClient, database: Database) -> None:
    contact = a_contact(database, phone="+14155550132")
    page = operator.get(address(contact)).text
    assert "Opt out" in page
    assert operator.post(address(contact, "/opt-out")).status_code == 303
    assert set(rows(database, Contact)[0].opt_outs) == {"*"}
    page = operator.get(address(contact)).text
    for words in ("Contact opted out.", "Opted out of all numbers on", "Remove opt-out"):
        assert words in page
    assert "This contact has opted out, so you can't message them" in page
    assert "<textarea" not in page
    assert operator.post(address(contact, "/opt-in")).status_code == 303
    assert rows(database, Contact)[0].opt_outs == {}
    assert "<textarea" in operator.get(address(contact)).text


def test_an_open_conversation_is_no_way_to_write(operator: FlaskClient, database: Database) -> None:
    contact = a_contact(database, opt_outs={"*": NOW.isoformat()})
    a_conversation(database, contact)
    page = operator.get(address(contact)).text
    assert "Reply there" not in page
    assert "This contact has opted out, so you can't message them" in page


def test_an_opt_out_of_one_number_is_removed_alone(
    operator: FlaskClient, database: Database
) -> None:
    places = {"sms +15550100": NOW.isoformat(), "whatsapp +15550100": NOW.isoformat()}
    contact = a_contact(database, opt_outs=places)
    form = {"channel": "sms", "number": "+15550100"}
    assert operator.post(address(contact, "/opt-in"), data=form).status_code == 303
    assert set(rows(database, Contact)[0].opt_outs) == {"whatsapp +15550100"}


def test_the_other_channel_is_still_offered(operator: FlaskClient, database: Database) -> None:
    contact = a_contact(database, phone="+14155550132", opt_outs={"sms +15550100": NOW.isoformat()})
    a_conversation(database, contact, closed_at=NOW)
    page = operator.get(address(contact)).text
    assert '<option value="whatsapp"' in page
    assert '<option value="sms"' not in page


def test_a_viewer_opts_nobody_out(viewer: FlaskClient, database: Database) -> None:
    contact = a_contact(database, opt_outs={"*": NOW.isoformat()})
    assert "Remove opt-out" not in viewer.get(address(contact)).text
    assert viewer.post(address(contact, "/opt-in")).status_code == 403
