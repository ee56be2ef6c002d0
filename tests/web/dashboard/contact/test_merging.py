"""A contact's page: its addresses, a merge with its preview, and splitting an address off."""

from flask.testing import FlaskClient

from pipeline.database import Database
from pipeline.records.core.contacts import Contact
from tests.builders import a_contact, rows
from tests.web.api.test_merging import FIRST, SECOND, two


def test_a_merge_is_previewed_then_confirmed(operator: FlaskClient, database: Database) -> None:
    first, second = two(database)
    page = operator.get(f"/contacts/{first}?merge=0122").text
    assert "moves 1 conversation, 1 message and 1 address." in page
    assert "Both have an open SMS conversation with" in page
    assert len(rows(database, Contact)) == 2
    answer = operator.post(f"/contacts/{first}/merge", data={"other": second})
    assert (answer.status_code, answer.location) == (303, f"/contacts/{first}")
    page = operator.get(answer.location).text
    assert "Contacts merged. Moved 1 conversation." in page
    assert "Split off +1 415-555-0122" in page
    assert len(rows(database, Contact)) == 1


def test_an_address_is_split_off(operator: FlaskClient, database: Database) -> None:
    first, second = two(database)
    operator.post(f"/contacts/{first}/merge", data={"other": second})
    answer = operator.post(f"/contacts/{first}/split", data={"address": SECOND})
    assert answer.status_code == 303
    assert sorted(row.phone for row in rows(database, Contact)) == [FIRST, SECOND]
    assert "Split off" not in operator.get(f"/contacts/{first}").text


def test_several_contacts_are_offered(operator: FlaskClient, database: Database) -> None:
    first, second = two(database)
    other = a_contact(database, phone="+14155550123")
    page = operator.get(f"/contacts/{first}?merge=415555012").text
    for one in (second, other.id):
        assert f"/contacts/{first}?merge={one}" in page
    assert "Merge contacts" not in page
    assert "No other contact found." in operator.get(f"/contacts/{first}?merge=zzz").text
    assert "This is the same contact." in operator.get(f"/contacts/{first}?merge={first}").text


def test_a_viewer_merges_nobody(viewer: FlaskClient, database: Database) -> None:
    first, second = two(database)
    assert "Merge with" not in viewer.get(f"/contacts/{first}").text
    assert viewer.post(f"/contacts/{first}/merge", data={"other": second}).status_code == 403
