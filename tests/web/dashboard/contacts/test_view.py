"""The list of contacts: what it shows, search, paging, and adding one."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from pipeline.database import Database
from pipeline.records.core.contacts import Contact
from tests.builders import a_contact, a_conversation, rows

NOW = datetime.now(UTC)


def numbers(client: FlaskClient, address: str = "/contacts") -> list[str]:
    """The contacts on a page, by their ids, in order."""
    return re.findall(r'<tr id="contact-([0-9a-f-]+)">', client.get(address).text)


def test_a_new_install_says_what_to_do(viewer: FlaskClient) -> None:
    assert "No contacts yet" in viewer.get("/contacts").text


def test_a_contact_is_shown_with_its_marks(viewer: FlaskClient, database: Database) -> None:
    opted_out = {"sms +15550100": NOW.isoformat()}
    contact = a_contact(
        database, phone="+14155550132", name="Ada", is_blocked=True, opt_outs=opted_out
    )
    talk = a_conversation(database, contact, channel="whatsapp", state="nowhere")
    page = viewer.get("/contacts").text
    assert "+1 415-555-0132" in page
    for words in ("Ada", "blocked", "opted out", "WhatsApp", "nowhere ⚠", f"/{talk.id}"):
        assert words in page


@pytest.mark.parametrize(
    ("words", "count"),
    [("0132", 1), ("415-555-0132", 1), ("ada", 1), ("a", 2), ("zzz", 0), ("%", 0), ("_", 0)],
)
def test_search_finds_by_number_and_name(
    viewer: FlaskClient, database: Database, words: str, count: int
) -> None:
    a_contact(database, phone="+14155550132", name="Ada")
    a_contact(database, phone="+442079460123", name="Grace")
    assert len(numbers(viewer, f"/contacts?q={words}")) == count


def test_nobody_found_offers_all(viewer: FlaskClient) -> None:
    page = viewer.get("/contacts?q=<script>").text
    assert "No contacts found" in page
    assert "&lt;script&gt;" in page
    assert "<script>" not in page.replace('<script src="', "")


def test_pages_follow_each_other(viewer: FlaskClient, database: Database) -> None:
    made = [
        str(a_contact(database, created_at=NOW - timedelta(minutes=number)).id)
        for number in range(60)
    ]
    first = viewer.get("/contacts").text
    assert numbers(viewer) == made[:50]
    following = re.search(r'href="(/contacts\?after=[^"]+)">Older', first)
    assert following
    assert numbers(viewer, following[1]) == made[50:]
    assert "Back to newest" in viewer.get(following[1]).text


@pytest.mark.parametrize("after", ["x", "%00", "W10", "WyJhIiwiYiJd", "9" * 5000])
def test_a_cursor_of_somebody_else_is_no_error(viewer: FlaskClient, after: str) -> None:
    assert viewer.get(f"/contacts?after={after}").status_code == 200


def test_adding_a_contact_leads_to_it(operator: FlaskClient, database: Database) -> None:
    answer = operator.post("/contacts", data={"phone": "+1 (415) 555-0132"})
    (contact,) = rows(database, Contact)
    assert contact.phone == "+14155550132"
    assert (answer.status_code, answer.location) == (303, f"/contacts/{contact.id}")


def test_adding_a_known_number_leads_to_it(operator: FlaskClient, database: Database) -> None:
    contact = a_contact(database, phone="+14155550132")
    answer = operator.post("/contacts", data={"phone": "+14155550132"})
    assert answer.location == f"/contacts/{contact.id}"
    assert "This contact already exists." in operator.get(answer.location).text


def test_what_is_no_number_is_shown_again(operator: FlaskClient, database: Database) -> None:
    answer = operator.post("/contacts", data={"phone": '4155<"'})
    assert answer.status_code == 422
    assert "Include the country code" in answer.text
    assert 'value="4155&lt;&#34;"' in answer.text
    assert rows(database, Contact) == []


def test_a_doubtful_number_is_added_anyway(operator: FlaskClient, database: Database) -> None:
    answer = operator.post("/contacts", data={"phone": "+24273"})
    assert answer.status_code == 422
    assert "+24273 doesn&#39;t look like a complete phone number." in answer.text
    assert 'name="force" value="1">Add anyway' in answer.text
    assert rows(database, Contact) == []
    operator.post("/contacts", data={"phone": "+24273", "force": "1"})
    (contact,) = rows(database, Contact)
    assert contact.phone == "+24273"


def test_a_viewer_adds_nobody(viewer: FlaskClient, database: Database) -> None:
    assert "Add contact" not in viewer.get("/contacts").text
    assert viewer.post("/contacts", data={"phone": "+14155550132"}).status_code == 403
    assert rows(database, Contact) == []
