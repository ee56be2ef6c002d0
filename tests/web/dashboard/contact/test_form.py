"""What is known of a contact, changed in its form: values, names, and what nobody touched."""

import re

from flask.testing import FlaskClient

from pipeline.database import Database
from pipeline.records.core import contacts
from pipeline.records.core.contacts import Contact
from tests.builders import a_contact, rows
from tests.web.dashboard.contact.test_view import address


def test_name_and_attributes_are_changed(operator: FlaskClient, database: Database) -> None:
    contact = a_contact(database, name="ada99", attributes={"plan": "monthly", "old": 1, "to": "x"})
    form = {
        "name": "Ada",
        "was": ["plan", "old", "to", ""],
        "old": ["monthly", "1", "x", ""],
        "key": ["plan", "old", "from", "language"],
        "value": ["yearly", "", "x", "en"],
    }
    answer = operator.post(address(contact), data=form)
    assert (answer.status_code, answer.location) == (303, address(contact))
    (row,) = rows(database, Contact)
    assert row.name == "Ada"
    assert row.attributes == {"plan": "yearly", "from": "x", "language": "en", "name": "Ada"}


def test_two_attributes_change_their_names(operator: FlaskClient, database: Database) -> None:
    contact = a_contact(database, attributes={"a": "1", "b": "2"})
    names = {"was": ["a", "b", ""], "key": ["b", "a", ""]}
    values = {"old": ["1", "2", ""], "value": ["1", "2", ""]}
    operator.post(address(contact), data=names | values)
    assert rows(database, Contact)[0].attributes == {"b": "1", "a": "2"}


def fields_of(page: str) -> dict[str, list[str]]:
    """What a browser sends of a contact's form that nobody touched."""
    form = page.split('id="contact-form-')[1].split("</form>")[0]
    sent: dict[str, list[str]] = {}
    for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form):
        is_line = name not in {"was", "old", "old_name"}
        sent.setdefault(name, []).append(value.replace("\n", "" if is_line else "\r\n"))
    return sent


def test_a_page_that_stood_still_puts_nothing_back(
    operator: FlaskClient, database: Database
) -> None:
    contact = a_contact(
        database, name="ada99", attributes={"plan": "monthly", "to": "x", "at": "1 Main St\nOslo"}
    )
    form = fields_of(operator.get(address(contact)).text)
    kept = {"plan": "yearly", "at": "2 Main St\nOslo", "cart": "7"}
    with database.write() as connection:
        attributes = {"to": "x"} | kept
        contacts.change(connection, contact.id, name="Ada", attributes=attributes)
    form["value"][form["key"].index("to")] = "y"
    assert operator.post(address(contact), data=form).status_code == 303
    (row,) = rows(database, Contact)
    assert (row.name, row.attributes) == ("Ada", {"to": "y"} | kept)
